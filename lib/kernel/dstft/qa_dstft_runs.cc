/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/dstft_support.h"
#include "qa/support.h"

using namespace gr::stft::kernel;
using qa::plain_dstft;
using qa::values;

/*! Frames with runs of bins that have one window length each, which FFTs may serve. */
class qa_dstft_runs : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_dstft_runs);
    CPPUNIT_TEST(lengths_that_many_bins_share_give_plain_sums);
    CPPUNIT_TEST(gradients_and_energies_of_runs_are_plain_sums);
    CPPUNIT_TEST(a_frame_does_not_depend_on_what_served_those_before);
    CPPUNIT_TEST_SUITE_END();

    //! low and high: how many of the lowest and of the highest bins have the lengths `first` and `last`
    static std::vector<double>
    field(std::size_t bins, std::size_t low, double first, std::size_t high, double last)
    {
        std::vector<double> theta;
        for (std::size_t m = 0; m < bins; ++m)
            theta.push_back(m < low           ? first
                            : m + high < bins ? 40 + 3.25 * static_cast<double>(m % 50)
                                              : last);
        return theta;
    }

    //! Runs of about the same number of bins with these window lengths
    static std::vector<double> steps(std::size_t bins, const std::vector<double>& lengths)
    {
        std::vector<double> theta;
        for (std::size_t m = 0; m < bins; ++m)
            theta.push_back(lengths[m * lengths.size() / bins]);
        return theta;
    }

    static std::vector<std::vector<double>> fields(std::size_t bins, std::size_t n_fft)
    {
        const auto N = static_cast<double>(n_fft);
        return { steps(bins, { 0.3 * N, N, 0.5 * N, 0.9 * N }),
                 steps(bins, { 0.8 * N, N, 0.8 * N }),
                 steps(bins, { N, 0.3 * N, N, 0.3 * N, 0.9 * N }),
                 steps(bins, { 20, 30, 40 }),
                 steps(bins, { N, 0.9 * N, 0.8 * N, 0.7 * N, 0.6 * N, 0.5 * N }),
                 field(bins, bins, 0.3 * N, 0, 0),
                 field(bins, bins, 0.1, 0, 0),
                 field(bins, 33, N, 33, 0.9 * N),
                 field(bins, 33, 0.2 * N, 33, N),
                 field(bins, 50, 0.7 * N, 40, 0.7 * N),
                 field(bins, 64, N, 20, 0.8 * N),
                 field(bins, 33, N, 10, N),
                 field(bins, 33, 20, 33, 30) };
    }

    template <class T>
    static std::vector<T> signal()
    {
        return qa::noise<T>(2400, 5);
    }

    template <class T>
    static void compare(std::size_t n_fft, const char* window, norm scale)
    {
        // of the largest value, and of the derivatives, qa_dstft.cc
        constexpr bool single = std::is_same_v<real_t<T>, float>;
        constexpr double limits[]{ single ? 3e-6 : 4e-13, single ? 2e-5 : 1e-11 };
        dstft<T> transform(n_fft, window, scale, sharing::cell);
        const plain_dstft plain(n_fft, window, scale);
        const auto x = signal<T>();
        const auto exact = qa::exactly(x);
        const auto bins = transform.bins();
        double at = 300.25;
        for (const auto& theta : fields(bins, n_fft)) {
            const qa::context in_theta("theta", theta);
            const auto t = position::at(at);
            at += 147.375;
            std::vector<std::complex<real_t<T>>> rows[3];
            for (auto& row : rows)
                row.resize(bins);
            transform.analyse({ x.data(), 0, static_cast<std::int64_t>(x.size()) },
                              t,
                              theta.data(),
                              rows[0].data(),
                              rows[1].data(),
                              rows[2].data());
            const wrt variables[] = { wrt::nothing, wrt::length, wrt::position };
            for (int k = 0; k < 3; ++k) {
                auto expected = plain.analyse(exact, 0, t, theta, variables[k]);
                for (std::size_t m = 0; k > 0 && m < bins; ++m) {
                    expected[m] *= theta[m];
                    rows[k][m] *= static_cast<real_t<T>>(theta[m]);
                }
                if (qa::peak(expected) > 0)
                    qa::assert_near(expected,
                                    rows[k],
                                    limits[k > 0],
                                    std::string(window) + ", n_fft " + std::to_string(n_fft) +
                                        ", " + name_of(scale) + ", first " +
                                        std::to_string(theta[0]));
            }
            // one result alone is the same
            std::vector<std::complex<real_t<T>>> alone(bins), S(bins);
            transform.analyse({ x.data(), 0, static_cast<std::int64_t>(x.size()) },
                              t + 600,
                              theta.data(),
                              S.data(),
                              alone.data(),
                              nullptr);
            const auto together = S;
            transform.analyse({ x.data(), 0, static_cast<std::int64_t>(x.size()) },
                              t + 600,
                              theta.data(),
                              S.data());
            CPPUNIT_ASSERT(S == together);
        }
    }

    void lengths_that_many_bins_share_give_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            compare<T>(256, "hann", norm::l2);
            compare<T>(256, "blackman", norm::dcunit);
            compare<T>(255, "hann", norm::l1);
            compare<T>(254, "blackman", norm::l2);
        });
    }

    template <class T>
    static void compare_gradients(std::size_t n_fft, const char* window, norm scale)
    {
        constexpr double limit = std::is_same_v<real_t<T>, float> ? 6e-6 : 1e-12;
        dstft<T> transform(n_fft, window, scale, sharing::cell);
        const plain_dstft plain(n_fft, window, scale);
        const auto bins = transform.bins();
        const position t{ 300, 0.25 };
        const std::int64_t length = 600;
        const auto G = qa::noise<std::complex<real_t<T>>>(bins, 3);
        const auto exact = qa::exactly(G);
        std::vector<real_t<T>> weight;
        for (std::size_t m = 0; m < bins; ++m)
            weight.push_back(static_cast<real_t<T>>(m % 7));
        for (const auto& theta : fields(bins, n_fft)) {
            std::vector<T> gradient(length, T(1));
            transform.pull_back({ nullptr, 0, length },
                                t,
                                theta.data(),
                                G.data(),
                                nullptr,
                                nullptr,
                                gradient.data());
            std::vector<double> energy(length, 0);
            transform.energy(t, theta.data(), weight.data(), 0, length, energy.data());

            auto adjoint = plain.adjoint(exact, 0, length, t, theta);
            for (auto& one : adjoint)
                one = (is_real_v<T> ? qa::value(one.real()) : one) + 1.0;
            const auto what = std::string(window) + ", n_fft " + std::to_string(n_fft);
            qa::assert_near(adjoint, gradient, limit, what + ", gradient");
            qa::assert_near(plain.energies(weight, 0, length, t, theta),
                            values(energy.begin(), energy.end()),
                            limit,
                            what + ", energy");
        }
    }

    void gradients_and_energies_of_runs_are_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            compare_gradients<T>(128, "hann", norm::l2);
            compare_gradients<T>(126, "blackman", norm::dcunit);
            compare_gradients<T>(127, "hann", norm::l1);
        });
    }

    void a_frame_does_not_depend_on_what_served_those_before()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const auto x = signal<T>();
            dstft<T> one(256, "hann", norm::l2, sharing::cell);
            std::vector<std::complex<real_t<T>>> S(one.bins()), U(one.bins());
            for (const auto& theta : fields(one.bins(), 256)) {
                const qa::context in_theta("theta", theta);
                const position t{ 900, 0.5 };
                const excerpt<T> all{ x.data(), 0, static_cast<std::int64_t>(x.size()) };
                one.analyse(all, t, theta.data(), S.data());
                dstft<T> other(256, "hann", norm::l2, sharing::cell);
                other.analyse(all, t, theta.data(), U.data());
                CPPUNIT_ASSERT(S == U);
            }
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_dstft_runs);
