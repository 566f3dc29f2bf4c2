/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/stft/griffin_lim.h>

using namespace gr::stft::kernel;

namespace {

parameters shaped(const qa::shape& s)
{
    parameters p{ s.n_fft, s.hop };
    p.win_length = s.win_length;
    return p;
}

} // namespace

class qa_griffin_lim : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_griffin_lim);
    CPPUNIT_TEST(magnitudes_come_no_further_away);
    CPPUNIT_TEST(the_distance_is_that_of_both_sides);
    CPPUNIT_TEST(phases_of_the_signal_give_the_signal);
    CPPUNIT_TEST(magnitudes_of_any_size_have_a_distance);
    CPPUNIT_TEST(cells_far_below_the_largest_keep_their_magnitudes);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void magnitudes_come_no_further_away()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const qa::shape s :
                 { qa::shape{ 200, 16, 16, 4 }, { 120, 15, 21, 5 }, { 90, 13, 13, 3 } }) {
                const qa::context in_s("s", s);
                const auto p = shaped(s);
                stft<T> forward(p);
                const auto frames = static_cast<std::size_t>(
                    p.frames().frames(static_cast<std::int64_t>(s.length)));
                std::vector<real_t<T>> A(frames * forward.bins());
                const auto some = qa::noise<real_t<T>>(A.size(), 5);
                std::transform(
                    some.begin(), some.end(), A.begin(), [](auto v) { return std::abs(v); });
                std::vector<std::complex<real_t<T>>> phases(A.size(), 1);
                griffin_lim<T> search(
                    p, p.frames().first(), frames, static_cast<std::int64_t>(s.length), 0);
                search.begin(A.data(), phases.data());
                double last = search.iterate(), first = last;
                for (int i = 0; i < 30; ++i) {
                    const qa::context in_i("i", i);
                    const double now = search.iterate();
                    CPPUNIT_ASSERT(now <= last * (1 + 1e-6));
                    last = now;
                }
                CPPUNIT_ASSERT(last < 0.95 * first);
            }
        });
    }

    //! |X| - A over A, where inner bins of one side stand for two; an odd n_fft has no bin n_fft / 2.
    void the_distance_is_that_of_both_sides()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const qa::shape s : { qa::shape{ 90, 16, 16, 4 }, { 90, 15, 15, 5 } }) {
                const qa::context in_s("s", s);
                const auto p = shaped(s);
                stft<T> forward(p);
                const auto bins = forward.bins();
                const auto length = static_cast<std::int64_t>(s.length);
                const auto frames = static_cast<std::size_t>(p.frames().frames(length));
                // bins of different power, so that each weight shows
                std::vector<real_t<T>> A(frames * bins);
                for (std::size_t i = 0; i < A.size(); ++i)
                    A[i] = static_cast<real_t<T>>(1 + i % bins * (i % bins));
                std::vector<std::complex<real_t<T>>> phases(A.size(), 1), X(A.size());
                griffin_lim<T> search(p, p.frames().first(), frames, length, 0);
                search.begin(A.data(), phases.data());
                std::vector<T> y(s.length);
                search.finish(y.data());
                const double distance = search.iterate();
                forward.analyse(y.data(), length, p.frames().first(), frames, X.data());
                double off = 0, all = 0;
                for (std::size_t i = 0; i < A.size(); ++i) {
                    const auto k = i % bins;
                    const bool both = is_real_v<T> && k != 0 && 2 * k != s.n_fft;
                    off += (both ? 2 : 1) * std::pow(double(std::abs(X[i])) - double(A[i]), 2);
                    all += (both ? 2 : 1) * double(A[i]) * double(A[i]);
                }
                CPPUNIT_ASSERT_DOUBLES_EQUAL(std::sqrt(off / all), distance, qa::limit<T>);
            }
        });
    }

    void phases_of_the_signal_give_the_signal()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const auto p = shaped({ 150, 21, 25, 6 });
            const auto x = qa::noise<T>(150);
            stft<T> forward(p);
            const auto first = p.frames().first();
            const auto frames = static_cast<std::size_t>(p.frames().frames(150));
            std::vector<std::complex<real_t<T>>> X(frames * forward.bins());
            forward.analyse(x.data(), 150, first, frames, X.data());
            std::vector<real_t<T>> A(X.size());
            std::transform(X.begin(), X.end(), A.begin(), [](auto v) { return std::abs(v); });
            griffin_lim<T> search(p, first, frames, 150, 0.99);
            search.begin(A.data(), X.data());
            std::vector<T> y(150);
            for (int i = 0; i < 3; ++i) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT(search.iterate() < qa::limit<T>);
                search.finish(y.data());
                qa::assert_near(qa::exactly(x), y, 10 * qa::limit<T>, std::to_string(i));
            }
        });
    }

    //! Distances after some steps, of random magnitudes times 2^exponent.
    template <class T>
    static std::vector<double> distances(int exponent)
    {
        const auto p = shaped({ 90, 16, 16, 4 });
        const auto frames = static_cast<std::size_t>(p.frames().frames(90));
        griffin_lim<T> search(p, p.frames().first(), frames, 90, 0.99);
        auto A = qa::noise<real_t<T>>(frames * search.bins(), 5);
        for (auto& a : A)
            a = std::ldexp(std::abs(a), exponent);
        std::vector<std::complex<real_t<T>>> X(A.size(), 1);
        search.begin(A.data(), X.data());
        std::vector<double> found;
        for (int i = 0; i < 4; ++i)
            found.push_back(search.iterate());
        return found;
    }

    void magnitudes_of_any_size_have_a_distance()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            constexpr int most = std::numeric_limits<real_t<T>>::max_exponent - 20;
            const auto expected = distances<T>(0);
            CPPUNIT_ASSERT(expected[0] > 0.1);
            for (const int exponent : { -most, -most / 2 - 20, most / 2 + 20, most }) {
                const qa::context in_exponent("exponent", exponent);
                const auto found = distances<T>(exponent);
                for (std::size_t i = 0; i < found.size(); ++i)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[i], found[i], 100 * qa::limit<T>);
            }
        });
    }

    void cells_far_below_the_largest_keep_their_magnitudes()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            using R = real_t<T>;
            const bool is_single = sizeof(R) == 4;
            const R large = static_cast<R>(is_single ? 1e15 : 1e150);
            const R small = static_cast<R>(is_single ? 1e-30 : 1e-200);
            const auto p = shaped({ 90, 16, 16, 4 });
            const auto frames = static_cast<std::size_t>(p.frames().frames(90));
            griffin_lim<T> search(p, p.frames().first(), frames, 90, 0.99);
            std::vector<R> A(frames * search.bins());
            for (std::size_t i = 0; i < A.size(); ++i)
                A[i] = i % 7 == 3 ? small : large;
            std::vector<std::complex<R>> X(A.size(), 1);
            search.begin(A.data(), X.data());
            search.iterate();
            for (std::size_t i = 0; i < A.size(); ++i)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, std::abs(X[i]) / A[i], qa::limit<T>);
        });
    }

    void wrong_arguments_are_refused()
    {
        const auto p = shaped({ 10, 8, 8, 2 });
        for (const double momentum : { -1.0, 11.0 })
            qa::assert_refused("momentum: " + std::to_string(static_cast<int>(momentum)) +
                                   ": must be 0 .. 10",
                               [&] { griffin_lim<float>(p, 0, 3, 10, momentum); });
        qa::assert_refused("length: -1: must be 0 or more",
                           [&] { griffin_lim<float>(p, 0, 3, -1, 0); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_griffin_lim);
