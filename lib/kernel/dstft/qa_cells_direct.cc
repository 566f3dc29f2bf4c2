/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cells_direct.h"
#include "qa/cell_support.h"

using namespace gr::stft::kernel;
using qa::plain_dstft;

//! Direct sums over each bin's own window are plain sums.
class qa_cells_direct : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_cells_direct);
    CPPUNIT_TEST(spectra_and_derivatives_are_plain_sums);
    CPPUNIT_TEST(every_window_is_a_plain_sum);
    CPPUNIT_TEST(gradients_and_energies_are_plain_sums);
    CPPUNIT_TEST(a_frame_does_not_depend_on_those_before);
    CPPUNIT_TEST(outer_bins_can_be_left_out);
    CPPUNIT_TEST(only_real_samples_at_even_sizes_leave_bins_out);
    CPPUNIT_TEST(rows_that_are_not_wanted_change_no_bit_of_the_others);
    CPPUNIT_TEST_SUITE_END();

    using design = qa::cell_design;
    // tiny, odd, even, prime, multiples of 4 or not, about vectors' widths, longer than two restarts of the recurrences
    static inline const std::vector<design> designs{
        { 2, "hann", norm::peak },    { 3, "hann", norm::l2 },     { 4, "sine", norm::l1 },
        { 5, "hann", norm::peak },    { 6, "hann", norm::dcunit }, { 7, "blackman", norm::l2 },
        { 12, "hann", norm::l1 },     { 31, "hann", norm::l2 },    { 32, "bohman", norm::l2 },
        { 66, "hann", norm::l2 },     { 127, "hann", norm::l1 },   { 128, "gaussian", norm::l2 },
        { 302, "hann", norm::dcunit }
    };

    //! One transform with its norms.
    template <class T>
    struct direct {
        std::vector<double> theta;
        cell_norms<real_t<T>> norms;
        cells_direct<T> cells;

        explicit direct(const design& d)
            : theta(qa::lengths_of_each_bin(bins<T>(d.n_fft), d.n_fft)),
              norms(theta.size(), d.n_fft, d.window, d.scale), cells(d.n_fft, d.window)
        {}

        qa::cell_rows<T> analysed(const excerpt<T>& x, const position& t, std::size_t left_out = 0)
        {
            qa::cell_rows<T> rows(theta.size());
            cells.analyse(x,
                          t,
                          theta.data(),
                          norms.of(t.fraction, theta.data()),
                          left_out,
                          rows.S.data(),
                          rows.by_theta.data(),
                          rows.by_t.data());
            return rows;
        }
    };

    template <class T>
    static void assert_plain(const design& d, std::vector<double> fractions)
    {
        direct<T> one(d);
        const plain_dstft plain(d.n_fft, d.window, d.scale);
        const auto x = qa::noise<T>(d.n_fft + 30, 5);
        const auto L = std::floor(0.5 * static_cast<double>(x.size()));
        std::vector<double> centres{ -0.29, 0.11, 2 * L - 0.89, 2 * L + 1.11 };
        for (double fraction : fractions)
            centres.push_back(L + fraction);
        for (double at : centres) {
            const auto t = position::at(at);
            qa::assert_plain_rows(plain,
                                  x,
                                  t,
                                  one.theta,
                                  one.analysed(qa::excerpt_of(x), t),
                                  qa::text<T>(d) + ", t " + std::to_string(at));
        }
    }

public:
    void spectra_and_derivatives_are_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            for (const auto& d : designs)
                assert_plain<decltype(zero)>(d, { 0, 0.07, 0.58 });
        });
    }

    void every_window_is_a_plain_sum()
    {
        // no sample lies on a kink of a window, which no difference may straddle
        const std::vector<double> fractions{ 0.07, 0.58 };
        for (const auto& family : qa::plain_families)
            for (std::size_t n_fft : { 22, 27 }) {
                assert_plain<double>({ n_fft, family.name, norm::l2 }, fractions);
                assert_plain<std::complex<float>>({ n_fft, family.name, norm::dcunit }, fractions);
            }
    }

    void gradients_and_energies_are_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& d : designs) {
                direct<T> one(d);
                const plain_dstft plain(d.n_fft, d.window, d.scale);
                const std::size_t length = d.n_fft + 30;
                const position t{ static_cast<std::int64_t>(length / 2), 0.25 };
                const auto& norms = one.norms.of(t.fraction, one.theta.data());
                const auto end = static_cast<std::int64_t>(length);

                const auto G = qa::noise<qa::complex_of<T>>(one.theta.size(), 3);
                std::vector<T> gradient(length, T(1));
                one.cells.pull_back(t, one.theta.data(), norms, G.data(), 0, end, gradient.data());
                qa::assert_plain_gradient(plain, G, t, one.theta, gradient, qa::text<T>(d));

                const auto weight = qa::bin_weights<real_t<T>>(one.theta.size());
                std::vector<double> energy(length, 0);
                one.cells.energy(t, one.theta.data(), norms, weight.data(), 0, end, energy.data());
                qa::assert_plain_energies<T>(plain, weight, t, one.theta, energy, qa::text<T>(d));
            }
        });
    }

    void a_frame_does_not_depend_on_those_before()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& d : designs) {
                direct<T> used(d), fresh(d);
                const auto loud = std::vector<T>(d.n_fft + 30, T(1e6f));
                const auto x = qa::noise<T>(d.n_fft / 2 + 1); // which ends under the window
                const position t{ static_cast<std::int64_t>(d.n_fft / 2), 0.625 };
                used.analysed(qa::excerpt_of(loud), t + 3.5);
                CPPUNIT_ASSERT_MESSAGE(qa::text<T>(d),
                                       fresh.analysed(qa::excerpt_of(x), t) ==
                                           used.analysed(qa::excerpt_of(x), t));
            }
        });
    }

    template <class R>
    static void assert_leaves_out(const design& d)
    {
        direct<R> one(d);
        const auto x = qa::noise<R>(d.n_fft);
        const position t{ static_cast<std::int64_t>(d.n_fft / 2), 0.125 };
        const auto all = one.analysed(qa::excerpt_of(x), t);
        const auto bins = one.theta.size();
        const auto step = one.cells.granule();
        CPPUNIT_ASSERT_MESSAGE(qa::text<R>(d), step > 0);
        std::size_t cases = 0;
        for (auto left_out = step; 2 * left_out < bins; left_out += step, ++cases)
            CPPUNIT_ASSERT_MESSAGE(qa::text<R>(d) + ", without " + std::to_string(left_out),
                                   one.analysed(qa::excerpt_of(x), t, left_out)
                                       .same_bins(all, left_out, bins - left_out));
        CPPUNIT_ASSERT_MESSAGE(qa::text<R>(d), cases > 1);
    }

    void outer_bins_can_be_left_out()
    {
        for (std::size_t n_fft : { 128, 302 }) {
            assert_leaves_out<float>({ n_fft, "hann", norm::l2 });
            assert_leaves_out<double>({ n_fft, "blackman", norm::dcunit });
        }
    }

    void only_real_samples_at_even_sizes_leave_bins_out()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), cells_direct<float>(129, "hann").granule());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0),
                             cells_direct<std::complex<float>>(128, "hann").granule());
        CPPUNIT_ASSERT_EQUAL(std::size_t(16), cells_direct<float>(128, "hann").granule());
        CPPUNIT_ASSERT_EQUAL(std::size_t(8), cells_direct<double>(128, "hann").granule());
    }

    void rows_that_are_not_wanted_change_no_bit_of_the_others()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& d : designs)
                for (double fraction : { 0.625, 0.0 }) {
                    direct<T> one(d), fresh(d);
                    const auto x = qa::noise<T>(d.n_fft);
                    const position t{ static_cast<std::int64_t>(d.n_fft / 2), fraction };
                    const auto together = one.analysed(qa::excerpt_of(x), t);
                    qa::cell_rows<T> alone(one.theta.size());
                    const auto analyse = [&](auto* S, auto* by_theta, auto* by_t) {
                        fresh.cells.analyse(qa::excerpt_of(x),
                                            t,
                                            fresh.theta.data(),
                                            fresh.norms.of(t.fraction, fresh.theta.data()),
                                            0,
                                            S,
                                            by_theta,
                                            by_t);
                    };
                    qa::complex_of<T>* const none = nullptr;
                    analyse(none, none, alone.by_t.data());
                    analyse(alone.S.data(), none, none);
                    analyse(none, alone.by_theta.data(), none);
                    CPPUNIT_ASSERT_MESSAGE(qa::text<T>(d) + ", fraction " +
                                               std::to_string(fraction),
                                           together == alone);
                }
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_cells_direct);
