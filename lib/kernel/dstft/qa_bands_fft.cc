/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bands_fft.h"
#include "qa/cell_support.h"

using namespace gr::stft::kernel;
using qa::plain_dstft;

//! Bands of one window length each by FFTs: plain sums of the planned bins, and of no others.
class qa_bands_fft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_bands_fft);
    CPPUNIT_TEST(spectra_and_derivatives_are_plain_sums);
    CPPUNIT_TEST(gradients_and_energies_are_plain_sums);
    CPPUNIT_TEST(bins_that_are_not_planned_stay_as_they_are);
    CPPUNIT_TEST(bins_that_are_not_planned_have_no_part_in_gradients_and_energies);
    CPPUNIT_TEST(rows_that_are_not_wanted_change_no_bit_of_the_others);
    CPPUNIT_TEST_SUITE_END();

    using design = qa::cell_design;
    // tiny, even, odd, prime
    static inline const std::vector<design> designs{
        { 2, "hann", norm::peak },    { 8, "hann", norm::l2 },
        { 17, "sine", norm::l1 },     { 31, "blackman", norm::dcunit },
        { 64, "hann", norm::l2 },     { 127, "bohman", norm::contract },
        { 130, "hann", norm::dcunit }
    };

    static std::vector<qa::named_lengths> fields(std::size_t bins, std::size_t n_fft)
    {
        const auto N = static_cast<double>(n_fft);
        std::vector<qa::named_lengths> all{ { "one length", qa::bands_of(bins, { 0.97 * N }) } };
        if (n_fft >= 64) {
            all.push_back({ "two bands", qa::bands_of(bins, { 0.81 * N, N }) });
            all.push_back({ "a length twice", qa::bands_of(bins, { N, 0.63 * N, N }) });
        }
        return all;
    }

    //! Calls f(zero of the type, design, plain sums, lengths, plan, text) for all of them.
    template <class F>
    static void for_all(F f)
    {
        qa::for_every_type([&](auto zero) {
            using T = decltype(zero);
            for (const auto& d : designs) {
                const plain_dstft plain(d.n_fft, d.window, d.scale);
                for (const auto& field : fields(bins<T>(d.n_fft), d.n_fft)) {
                    const auto plan =
                        band_plan::of_all_bins(field.theta.data(), field.theta.size(), d.n_fft);
                    const auto what = qa::text<T>(d) + ", " + field.name;
                    CPPUNIT_ASSERT_MESSAGE(what + ": no plan", !plan.empty());
                    f(zero, d, plain, field.theta, plan, what);
                }
            }
        });
    }

    static constexpr position centre{ 70, 0.25 };
    static constexpr std::size_t length = 150;

    //! 64 bins at either end of 513, and others between them.
    static std::vector<double> outer_lengths()
    {
        std::vector<double> theta(64, 700);
        for (std::size_t m = 64; m < 449; ++m)
            theta.push_back(100 + static_cast<double>(m % 50));
        theta.resize(513, 1000);
        return theta;
    }

    static band_plan outer_plan(const std::vector<double>& theta)
    {
        const auto plan = band_plan::of_outer_bins(theta.data(), theta.size(), 1024, 64);
        CPPUNIT_ASSERT_EQUAL(std::size_t(64), plan.outer());
        return plan;
    }

public:
    void spectra_and_derivatives_are_plain_sums()
    {
        for_all([](auto zero, auto& d, auto& plain, auto& theta, auto& plan, auto& what) {
            using T = decltype(zero);
            bands_fft<T> bands(d.n_fft, d.window, d.scale);
            const auto x = qa::noise<T>(length);
            qa::cell_rows<T> rows(theta.size());
            for (const auto& t : { centre, position{ -1, 0.75 }, position{ 149, 0 } }) {
                bands.analyse(plan,
                              qa::excerpt_of(x),
                              t,
                              rows.S.data(),
                              rows.by_theta.data(),
                              rows.by_t.data());
                qa::assert_plain_rows(
                    plain, x, t, theta, rows, what + ", t " + std::to_string(t.value()));
            }
        });
    }

    void gradients_and_energies_are_plain_sums()
    {
        for_all([](auto zero, auto& d, auto& plain, auto& theta, auto& plan, auto& what) {
            using T = decltype(zero);
            bands_fft<T> bands(d.n_fft, d.window, d.scale);
            const auto G = qa::noise<qa::complex_of<T>>(theta.size(), 3);
            std::vector<T> gradient(length, T(1));
            bands.pull_back(plan, centre, G.data(), 0, length, gradient.data());
            qa::assert_plain_gradient(plain, G, centre, theta, gradient, what);

            const auto weight = qa::bin_weights<real_t<T>>(theta.size());
            std::vector<double> energy(length, 0);
            bands.energy(plan, centre, weight.data(), 0, length, energy.data());
            qa::assert_plain_energies<T>(plain, weight, centre, theta, energy, what);
        });
    }

    void bins_that_are_not_planned_stay_as_they_are()
    {
        const auto theta = outer_lengths();
        const auto plan = outer_plan(theta);
        bands_fft<float> bands(1024, "hann", norm::l2);
        const auto x = qa::noise<float>(1500);
        const position t{ 700, 0.5 };
        qa::cell_rows<float> rows(513, { 7, -8 }), all(513);
        bands.analyse(
            plan, qa::excerpt_of(x), t, rows.S.data(), rows.by_theta.data(), rows.by_t.data());
        CPPUNIT_ASSERT(rows.same_bins(qa::cell_rows<float>(513, { 7, -8 }), 64, 449));
        for (auto* row : { &rows.S, &rows.by_theta, &rows.by_t })
            std::fill(row->begin() + 64, row->begin() + 449, 0);
        // the oracle's bins between them are 0 as well where its windows hold no sample
        auto planned = theta;
        std::fill(planned.begin() + 64, planned.begin() + 449, 1e-6);
        qa::assert_plain_rows(
            plain_dstft(1024, "hann", norm::l2), x, t, planned, rows, "outer bins");
    }

    void bins_that_are_not_planned_have_no_part_in_gradients_and_energies()
    {
        const auto theta = outer_lengths();
        const auto plan = outer_plan(theta);
        const plain_dstft plain(1024, "hann", norm::l2);
        bands_fft<double> bands(1024, "hann", norm::l2);
        const std::size_t samples = 1500;
        const position t{ 700, 0.5 };
        auto G = qa::noise<std::complex<double>>(513, 3);
        auto weight = qa::bin_weights<double>(513);
        std::vector<double> gradient(samples, 1), energy(samples, 0);
        bands.pull_back(plan, t, G.data(), 0, samples, gradient.data());
        bands.energy(plan, t, weight.data(), 0, samples, energy.data());
        std::fill(G.begin() + 64, G.begin() + 449, 0);
        std::fill(weight.begin() + 64, weight.begin() + 449, 0);
        qa::assert_plain_gradient(plain, G, t, theta, gradient, "outer bins");
        qa::assert_plain_energies<double>(plain, weight, t, theta, energy, "outer bins");
    }

    void rows_that_are_not_wanted_change_no_bit_of_the_others()
    {
        for_all([](auto zero, auto& d, auto&, auto& theta, auto& plan, auto& what) {
            using T = decltype(zero);
            if (d.window == std::string("bohman"))
                return; // which is rounded otherwise next to its slopes
            bands_fft<T> bands(d.n_fft, d.window, d.scale);
            const auto x = qa::noise<T>(length);
            const auto all = qa::excerpt_of(x);
            qa::cell_rows<T> together(theta.size()), alone(theta.size());
            bands.analyse(plan,
                          all,
                          centre,
                          together.S.data(),
                          together.by_theta.data(),
                          together.by_t.data());
            bands_fft<T> fresh(d.n_fft, d.window, d.scale);
            fresh.analyse(plan, all, centre, alone.S.data(), nullptr, nullptr);
            fresh.analyse(plan, all, centre, nullptr, alone.by_theta.data(), nullptr);
            fresh.analyse(plan, all, centre, nullptr, nullptr, alone.by_t.data());
            CPPUNIT_ASSERT_MESSAGE(what, together == alone);
            bands.analyse(band_plan(), all, centre, nullptr, nullptr, nullptr);
            bands.analyse(
                band_plan(), all, centre, alone.S.data(), alone.by_theta.data(), alone.by_t.data());
            CPPUNIT_ASSERT_MESSAGE(what + ", an empty plan", together == alone);
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_bands_fft);
