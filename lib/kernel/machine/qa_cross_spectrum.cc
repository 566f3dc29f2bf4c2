/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/machine/cross_spectrum.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

cross_spectrum_settings made(std::size_t n_fft, std::uint64_t frames, std::size_t channels = 2)
{
    cross_spectrum_settings s;
    s.n_fft = n_fft;
    s.hop = n_fft;
    s.window = window("boxcar");
    s.frames = frames;
    s.channels = channels;
    return s;
}

//! Frames of all channels, which have half of channel 0 in common: [frame][channel][bin].
template <class R>
std::vector<std::vector<std::vector<std::complex<R>>>>
frames_of(const cross_spectrum_settings& s, std::size_t count, R gain = 1)
{
    std::vector<std::vector<std::vector<std::complex<R>>>> all(count);
    std::mt19937 draw(1);
    std::normal_distribution<R> normal;
    for (auto& frame : all) {
        frame.assign(s.channels, std::vector<std::complex<R>>(s.bins()));
        for (auto& channel : frame)
            for (std::size_t m = 0; m < s.bins(); ++m)
                channel[m] = std::complex<R>(normal(draw), normal(draw)) + R(0.5) * frame[0][m];
        for (auto& channel : frame)
            for (auto& x : channel)
                x *= gain;
    }
    return all;
}

template <class R>
bool push(cross_spectrum<R>& cross, const std::vector<std::vector<std::complex<R>>>& frame)
{
    std::vector<const std::complex<R>*> spectra;
    for (const auto& channel : frame)
        spectra.push_back(channel.data());
    return cross.add(spectra.data());
}

//! The means as plain weighted sums: Pxx of channel a and b, and Pab.
template <class Frames, class Weight>
std::complex<double>
mean_of(const Frames& frames, std::size_t a, std::size_t b, std::size_t m, Weight weight)
{
    std::complex<long double> sum = 0;
    long double total = 0;
    for (std::size_t p = 0; p < frames.size(); ++p) {
        const auto w = static_cast<long double>(weight(p));
        sum += w * std::conj(std::complex<long double>(frames[p][a][m])) *
               std::complex<long double>(frames[p][b][m]);
        total += w;
    }
    return std::complex<double>(sum / total);
}

} // namespace

class qa_cross_spectrum : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_cross_spectrum);
    CPPUNIT_TEST(means_are_those_of_the_definition);
    CPPUNIT_TEST(inner_bins_of_real_signals_are_doubled);
    CPPUNIT_TEST(exponential_means_are_weighted_sums_of_all_frames);
    CPPUNIT_TEST(blocks_know_nothing_of_each_other);
    CPPUNIT_TEST(coherence_and_phase_do_not_depend_on_gains);
    CPPUNIT_TEST(channels_that_are_one_another_filtered_have_coherence_1);
    CPPUNIT_TEST(noise_at_one_end_leaves_one_estimator_right);
    CPPUNIT_TEST(coherence_of_noise_is_its_bias_and_exceeds_its_threshold_as_often_as_it_says);
    CPPUNIT_TEST(few_frames_of_noise_exceed_their_threshold_as_often_as_it_says);
    CPPUNIT_TEST(values_that_are_not_finite_stay_in_their_bins);
    CPPUNIT_TEST(an_exponential_mean_goes_on_without_frames_that_are_not_finite);
    CPPUNIT_TEST(silence_has_no_coherence);
    CPPUNIT_TEST(reset_forgets_the_frames);
    CPPUNIT_TEST(wrong_settings_are_refused);
    CPPUNIT_TEST_SUITE_END();

    template <class R>
    static void assert_means(const cross_spectrum_settings& s)
    {
        const auto frames = frames_of<R>(s, s.frames);
        cross_spectrum<R> cross(s);
        for (std::size_t p = 0; p < frames.size(); ++p)
            CPPUNIT_ASSERT_EQUAL(p + 1 == frames.size(), push(cross, frames[p]));
        const auto n = s.bins(), pairs = s.channels - 1;
        std::vector<std::complex<R>> power_xy(pairs * n), transfer(pairs * n);
        std::vector<R> powers(s.channels * n), coherence(pairs * n), phase(pairs * n);
        cross.cross(power_xy.data());
        cross.power(powers.data());
        cross.coherence(coherence.data());
        cross.phase(phase.data());
        cross.transfer(transfer.data());
        const double tolerance = qa::limit<R>;
        const auto once = [](std::size_t) { return 1.0; };
        for (std::size_t c = 1; c < s.channels; ++c)
            for (std::size_t m = 0; m < n; ++m) {
                const qa::context here("bin", m);
                const auto i = (c - 1) * n + m;
                const double inner =
                    s.sides == sides::onesided && m > 0 && 2 * m != s.n_fft ? 2 : 1;
                const auto xx = inner * mean_of(frames, 0, 0, m, once).real(),
                           yy = inner * mean_of(frames, c, c, m, once).real();
                const auto xy = inner * mean_of(frames, 0, c, m, once);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0,
                                             std::abs(std::complex<double>(power_xy[i]) - xy),
                                             tolerance * std::sqrt(xx * yy));
                CPPUNIT_ASSERT_DOUBLES_EQUAL(yy, powers[c * n + m], tolerance * yy);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(xx, powers[m], tolerance * xx);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(std::norm(xy) / xx / yy, coherence[i], tolerance);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(std::arg(xy), phase[i], 10 * tolerance);
                const auto h = s.estimator == transfer_estimator::h1 ? xy / xx : yy / std::conj(xy);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0,
                                             std::abs(std::complex<double>(transfer[i]) - h),
                                             10 * tolerance * std::abs(h));
            }
    }

    void means_are_those_of_the_definition()
    {
        for (std::size_t n_fft : { 1, 2, 7, 16, 33 })
            for (auto of : { sides::onesided, sides::twosided })
                for (std::size_t channels : { 2, 5 })
                    for (auto estimator : { transfer_estimator::h1, transfer_estimator::h2 }) {
                        const qa::context here("n_fft", n_fft);
                        auto s = made(n_fft, 7, channels);
                        s.sides = of;
                        s.estimator = estimator;
                        assert_means<float>(s);
                        assert_means<double>(s);
                    }
    }

    void inner_bins_of_real_signals_are_doubled()
    {
        // X = Y = 1 in all bins: the cross power is 1, and 2 where a bin stands for two
        for (std::size_t n_fft : { 8, 9 }) {
            const auto s = made(n_fft, 1);
            cross_spectrum<double> cross(s);
            const std::vector<std::complex<double>> ones(s.bins(), 1);
            CPPUNIT_ASSERT(push(cross, { ones, ones }));
            std::vector<std::complex<double>> found(s.bins());
            cross.cross(found.data());
            for (std::size_t m = 0; m < s.bins(); ++m)
                CPPUNIT_ASSERT_EQUAL(m == 0 || (m == 4 && n_fft == 8) ? 1.0 : 2.0, found[m].real());
        }
    }

    void exponential_means_are_weighted_sums_of_all_frames()
    {
        auto s = made(6, 4, 3);
        s.mean = mean_kind::exponential;
        s.sides = sides::twosided;
        auto frames = frames_of<double>(s, 30);
        cross_spectrum<double> cross(s);
        std::vector<std::complex<double>> found(2 * s.bins());
        std::vector<double> coherence(2 * s.bins());
        for (std::size_t count = 1; count <= frames.size(); ++count) {
            const qa::context here("frames", count);
            CPPUNIT_ASSERT(push(cross, frames[count - 1]));
            cross.cross(found.data());
            cross.coherence(coherence.data());
            const std::vector<std::vector<std::vector<std::complex<double>>>> so_far(
                frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(count));
            const auto weight = [count](std::size_t p) {
                return std::pow(0.75, static_cast<double>(count - p));
            };
            for (std::size_t c = 1; c < 3; ++c)
                for (std::size_t m = 0; m < s.bins(); ++m) {
                    const auto xy = mean_of(so_far, 0, c, m, weight);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        0, std::abs(found[(c - 1) * s.bins() + m] - xy), 1e-13);
                    const auto g = coherence[(c - 1) * s.bins() + m];
                    if (1 - std::pow(0.75, count) < 1 - std::exp(-4.0))
                        CPPUNIT_ASSERT(std::isnan(g));
                    else
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::norm(xy) /
                                                         mean_of(so_far, 0, 0, m, weight).real() /
                                                         mean_of(so_far, c, c, m, weight).real(),
                                                     g,
                                                     1e-12);
                }
        }
    }

    void blocks_know_nothing_of_each_other()
    {
        const auto s = made(8, 3);
        const auto frames = frames_of<float>(s, 6);
        cross_spectrum<float> both(s), second(s);
        std::vector<std::complex<float>> a(s.bins()), b(s.bins());
        for (std::size_t p = 0; p < 6; ++p) {
            push(both, frames[p]);
            if (p >= 3)
                push(second, frames[p]);
        }
        both.cross(a.data());
        second.cross(b.data());
        CPPUNIT_ASSERT(a == b);
    }

    void coherence_and_phase_do_not_depend_on_gains()
    {
        const auto s = made(16, 5);
        std::vector<float> first(s.bins()), phase(s.bins());
        for (float gain : { 1.0F, 0x1p-20F, 0x1p20F }) { // powers of two change no digit
            cross_spectrum<float> cross(s);
            for (const auto& frame : frames_of<float>(s, 5, gain))
                push(cross, frame);
            std::vector<float> coherence(s.bins()), angle(s.bins());
            cross.coherence(coherence.data());
            cross.phase(angle.data());
            if (gain == 1) {
                first = coherence;
                phase = angle;
            }
            CPPUNIT_ASSERT(coherence == first);
            CPPUNIT_ASSERT(angle == phase);
        }
        std::vector<double> in_range;
        std::vector<std::complex<double>> transfer_in_range;
        for (double gain : { 1.0, 1e-100, 1e100 }) { // products of powers would leave the range
            auto by_h2 = s;
            by_h2.estimator = transfer_estimator::h2;
            cross_spectrum<double> cross(by_h2);
            for (const auto& frame : frames_of<double>(s, 5, gain))
                push(cross, frame);
            std::vector<double> coherence(s.bins());
            cross.coherence(coherence.data());
            std::vector<std::complex<double>> transfer(s.bins());
            cross.transfer(transfer.data());
            if (gain == 1) {
                in_range = coherence;
                transfer_in_range = transfer;
            }
            for (std::size_t m = 0; m < s.bins(); ++m) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(in_range[m], coherence[m], 1e-12);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    0, std::abs(transfer[m] - transfer_in_range[m]), 1e-11);
            }
        }
    }

    void channels_that_are_one_another_filtered_have_coherence_1()
    {
        for (auto estimator : { transfer_estimator::h1, transfer_estimator::h2 }) {
            auto s = made(16, 9);
            s.estimator = estimator;
            cross_spectrum<double> cross(s);
            std::vector<std::complex<double>> h(s.bins());
            for (std::size_t m = 0; m < s.bins(); ++m)
                h[m] = std::polar(0.1 + static_cast<double>(m), 0.7 * static_cast<double>(m));
            for (unsigned seed = 1; seed < 10; ++seed) {
                const auto x = qa::noise<std::complex<double>>(s.bins(), seed);
                auto y = x;
                std::transform(x.begin(), x.end(), h.begin(), y.begin(), std::multiplies<>());
                push(cross, { x, y });
            }
            std::vector<double> coherence(s.bins());
            std::vector<std::complex<double>> found(s.bins());
            cross.coherence(coherence.data());
            cross.transfer(found.data());
            for (std::size_t m = 0; m < s.bins(); ++m) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, coherence[m], 1e-12);
                CPPUNIT_ASSERT(coherence[m] <= 1);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(found[m] - h[m]), 1e-12 * std::abs(h[m]));
            }
        }
    }

    void noise_at_one_end_leaves_one_estimator_right()
    {
        constexpr std::size_t frames = 20000;
        for (bool at_response : { false, true })
            for (auto estimator : { transfer_estimator::h1, transfer_estimator::h2 }) {
                auto s = made(1, frames);
                s.estimator = estimator;
                s.sides = sides::twosided;
                cross_spectrum<double> cross(s);
                std::mt19937 draw(1);
                std::normal_distribution<> normal;
                const auto gaussian = [&] {
                    return std::complex<double>(normal(draw), normal(draw));
                };
                for (std::size_t p = 0; p < frames; ++p) {
                    const auto x = gaussian(), n = gaussian();
                    const auto reference = at_response ? x : x + n;
                    const auto response = 3.0 * (at_response ? x + n : x);
                    push(cross, { { reference }, { response } });
                }
                std::complex<double> h;
                cross.transfer(&h);
                const bool right = at_response == (estimator == transfer_estimator::h1);
                const double expected = right ? 3 : at_response ? 6 : 1.5;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(h - expected), 0.05 * expected);
            }
    }

    void coherence_of_noise_is_its_bias_and_exceeds_its_threshold_as_often_as_it_says()
    {
        for (std::size_t hop : { 32, 16, 8 })
            for (auto mean : { mean_kind::blocks, mean_kind::exponential }) {
                const qa::context here("hop", hop);
                auto s = made(32, 40);
                s.hop = hop;
                s.window = window("hann");
                s.mean = mean;
                s.sides = sides::twosided;
                cross_spectrum<double> cross(s);
                frame_analysis<std::complex<double>> dft(s.n_fft);
                const auto taps = s.taps();
                constexpr std::size_t means = 250;
                const auto frames = means * 40;
                std::vector<std::complex<double>> x[2], spectrum[2];
                std::mt19937 draw(7);
                std::normal_distribution<> normal;
                for (auto& channel : x) {
                    channel.resize(frames * hop + 32);
                    for (auto& sample : channel)
                        sample = { normal(draw), normal(draw) };
                }
                double sum = 0, beyond = 0, count = 0;
                std::vector<double> coherence(s.bins());
                for (std::size_t p = 0; p < frames; ++p) {
                    for (int c = 0; c < 2; ++c) {
                        for (std::size_t i = 0; i < 32; ++i)
                            dft.buffer()[i] = taps[i] * x[c][p * hop + i];
                        spectrum[c].resize(s.bins());
                        dft.transform(spectrum[c].data());
                    }
                    if (!push(cross, { spectrum[0], spectrum[1] }) || p % 40 != 39)
                        continue;
                    cross.coherence(coherence.data());
                    for (const auto g : coherence)
                        if (!std::isnan(g)) {
                            sum += g;
                            beyond += g > cross.threshold(0.05);
                            ++count;
                        }
                }
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, sum / count / cross.bias(), 0.06);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0.05, beyond / count, 0.015);
            }
    }

    void few_frames_of_noise_exceed_their_threshold_as_often_as_it_says()
    {
        auto s = made(1, 4);
        s.sides = sides::twosided;
        cross_spectrum<double> cross(s);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1 - std::cbrt(0.05), cross.threshold(0.05), 1e-12);
        std::mt19937 draw(5);
        std::normal_distribution<> normal;
        const auto gaussian = [&] { return std::complex<double>(normal(draw), normal(draw)); };
        int beyond = 0, count = 0;
        while (count < 20000) {
            if (!push(cross, { { gaussian() }, { gaussian() } }))
                continue;
            double g = 0;
            cross.coherence(&g);
            beyond += g > cross.threshold(0.05);
            ++count;
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.05, beyond / 20000.0, 0.005);
    }

    void an_exponential_mean_goes_on_without_frames_that_are_not_finite()
    {
        auto s = made(8, 4, 3);
        s.mean = mean_kind::exponential;
        cross_spectrum<double> without(s), with(s);
        const auto frames = frames_of<double>(s, 20);
        auto wrong = frames[10];
        for (auto& channel : wrong)
            for (auto& x : channel)
                x = { 1, std::numeric_limits<double>::quiet_NaN() };
        std::vector<std::complex<double>> a(2 * s.bins()), b(2 * s.bins());
        std::vector<double> powers_a(3 * s.bins()), powers_b(3 * s.bins());
        for (std::size_t p = 0; p < frames.size(); ++p) {
            push(with, p == 10 ? wrong : frames[p]);
            if (p == 10)
                continue;
            push(without, frames[p]);
            without.cross(a.data());
            with.cross(b.data());
            without.power(powers_a.data());
            with.power(powers_b.data());
            CPPUNIT_ASSERT(a == b);
            CPPUNIT_ASSERT(powers_a == powers_b);
        }
    }

    void values_that_are_not_finite_stay_in_their_bins()
    {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        for (auto mean : { mean_kind::blocks, mean_kind::exponential })
            for (double wrong : { nan, std::numeric_limits<double>::infinity() }) {
                auto s = made(8, 2, 3);
                s.mean = mean;
                cross_spectrum<double> clean(s), dirty(s);
                const auto frames = frames_of<double>(s, 40);
                std::vector<std::complex<double>> a(2 * s.bins()), b(2 * s.bins());
                for (std::size_t p = 0; p < frames.size(); ++p) {
                    auto other = frames[p];
                    if (p == 10)
                        other[1][3] = wrong;
                    const bool ready = push(clean, frames[p]);
                    push(dirty, other);
                    if (!ready)
                        continue;
                    clean.cross(a.data());
                    dirty.cross(b.data());
                    const bool hit = mean == mean_kind::blocks ? p / 2 == 5 : p == 10;
                    for (std::size_t i = 0; i < a.size(); ++i) {
                        const bool there = i % s.bins() == 3;
                        CPPUNIT_ASSERT_EQUAL(hit && there, bool(std::isnan(b[i].real())));
                        if (!there || p < 10 || (mean == mean_kind::blocks && !hit))
                            CPPUNIT_ASSERT(a[i] == b[i]);
                    }
                }
            }
    }

    void silence_has_no_coherence()
    {
        const auto s = made(4, 2);
        cross_spectrum<float> cross(s);
        const std::vector<std::complex<float>> zero(s.bins()), one(s.bins(), 1);
        push(cross, { zero, one });
        CPPUNIT_ASSERT(push(cross, { zero, one }));
        std::vector<float> coherence(s.bins());
        std::vector<std::complex<float>> h(s.bins());
        cross.coherence(coherence.data());
        cross.transfer(h.data());
        for (std::size_t m = 0; m < s.bins(); ++m) {
            CPPUNIT_ASSERT(std::isnan(coherence[m]));
            CPPUNIT_ASSERT(std::isnan(h[m].real()));
        }
    }

    void reset_forgets_the_frames()
    {
        for (auto mean : { mean_kind::blocks, mean_kind::exponential }) {
            auto s = made(8, 3);
            s.mean = mean;
            const auto frames = frames_of<double>(s, 5);
            cross_spectrum<double> used(s), fresh(s);
            push(used, frames[3]);
            push(used, frames[4]);
            used.reset();
            std::vector<std::complex<double>> a(s.bins()), b(s.bins());
            for (std::size_t p = 0; p < 3; ++p)
                CPPUNIT_ASSERT_EQUAL(push(fresh, frames[p]), push(used, frames[p]));
            used.cross(a.data());
            fresh.cross(b.data());
            CPPUNIT_ASSERT(a == b);
        }
    }

    void wrong_settings_are_refused()
    {
        const auto refused = [](auto change) {
            auto s = made(8, 3);
            change(s);
            CPPUNIT_ASSERT_THROW(cross_spectrum<float> cross(s), std::invalid_argument);
        };
        refused([](auto& s) { s.channels = 1; });
        refused([](auto& s) { s.channels = 65; });
        refused([](auto& s) { s.frames = 0; });
        refused([](auto& s) { s.n_fft = 0; });
        refused([](auto& s) { s.hop = 0; });
        refused([](auto& s) { s.win_length = 9; });
        CPPUNIT_ASSERT_THROW(transfer_estimator_named("h3"), std::invalid_argument);
        cross_spectrum<float> cross(made(8, 3));
        for (double fraction : { 0.0, 1.0, -1.0, std::nan("") })
            CPPUNIT_ASSERT_THROW(cross.threshold(fraction), std::invalid_argument);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_cross_spectrum);
