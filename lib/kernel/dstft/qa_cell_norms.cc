/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cell_norms.h"
#include "qa/cell_support.h"

using namespace gr::stft::kernel;
using qa::extended;
using qa::plain_dstft;

//! Norms of windows against those of the plain windows, whose shape is divided out.
class qa_cell_norms : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_cell_norms);
    CPPUNIT_TEST(every_norm_is_that_of_the_plain_window);
    CPPUNIT_TEST(a_window_that_holds_no_sample_has_norm_0_under_dcunit);
    CPPUNIT_TEST(a_change_of_one_length_or_of_the_fraction_is_seen);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::size_t n_fft = 40;

    static std::vector<double> some_lengths() { return { 40, 1.7, 23.25, 2.5, 39.9, 8, 7.99 }; }

    template <class R>
    static void assert_norms(const std::string& what,
                             const plain_dstft& plain,
                             double fraction,
                             const std::vector<double>& theta,
                             const norm_rows<R>& rows)
    {
        const double limit = std::is_same_v<R, float> ? 2e-6 : 1e-13;
        const position t{ 0, fraction };
        for (std::size_t m = 0; m < theta.size(); ++m) {
            const auto text = what + ", theta " + std::to_string(theta[m]);
            const auto near = [&](const char* name, extended expected, R actual) {
                const double size = std::max(std::abs(static_cast<double>(expected)), 1e-30);
                CPPUNIT_ASSERT_MESSAGE(
                    text + ", " + name + ": " + std::to_string(actual) + ", expected " +
                        std::to_string(static_cast<double>(expected)),
                    std::abs(static_cast<double>(expected - actual)) <= limit * size);
            };
            // the sample next to the centre
            const auto r = fraction < 0.5 ? 0 : 1;
            const auto range = plain_dstft::under(t, theta[m]);
            const auto index = static_cast<std::size_t>(r - range.first);
            const extended shape = plain.family.g((static_cast<extended>(r) - fraction) / theta[m]);
            const extended value = plain.window(range, t, theta[m])[index] / shape;
            near("value", value, rows.value[m]);
            near("slope", -value / theta[m], rows.slope[m]);
        }
    }

public:
    void every_norm_is_that_of_the_plain_window()
    {
        const auto theta = some_lengths();
        for (const auto scale : qa::norms)
            for (const auto& family : qa::plain_families) {
                const plain_dstft plain(n_fft, family.name, scale);
                cell_norms<float> single(theta.size(), n_fft, family.name, scale);
                cell_norms<double> exact(theta.size(), n_fft, family.name, scale);
                for (double fraction : { 0.0, 0.25, 0.8 }) {
                    const auto what = std::string(family.name) + ", " + name_of(scale) +
                                      ", fraction " + std::to_string(fraction);
                    assert_norms(what + ", float",
                                 plain,
                                 fraction,
                                 theta,
                                 single.of(fraction, theta.data()));
                    assert_norms(what + ", double",
                                 plain,
                                 fraction,
                                 theta,
                                 exact.of(fraction, theta.data()));
                }
            }
    }

    void a_window_that_holds_no_sample_has_norm_0_under_dcunit()
    {
        const std::vector<double> theta{ 40, 0.3, 0.01 };
        cell_norms<double> norms(theta.size(), n_fft, "hann", norm::dcunit);
        const auto& rows = norms.of(0.5, theta.data());
        CPPUNIT_ASSERT(rows.value[0] > 0);
        for (std::size_t m : { 1, 2 })
            for (const auto* row : { &rows.value, &rows.slope, &rows.length_g, &rows.position_g })
                CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(theta[m]), 0.0, std::abs((*row)[m]));
    }

    void a_change_of_one_length_or_of_the_fraction_is_seen()
    {
        auto theta = some_lengths();
        cell_norms<double> norms(theta.size(), n_fft, "hann", norm::dcunit);
        const plain_dstft plain(n_fft, "hann", norm::dcunit);
        for (std::size_t m = 0; m < theta.size(); ++m) {
            theta[m] *= 0.9;
            for (double fraction : { 0.1, 0.4, 0.1 }) // at the first one, the length alone is new
                assert_norms("bin " + std::to_string(m) + " changed",
                             plain,
                             fraction,
                             theta,
                             norms.of(fraction, theta.data()));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_cell_norms);
