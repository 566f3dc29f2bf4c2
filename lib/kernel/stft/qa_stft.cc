/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/stft/stft.h>
#include <array>
#include <limits>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

const std::vector<phase_reference> phases{
    "start", "centre", "absolute", phase_reference::fixed(-3), phase_reference::fixed(1000003),
};

//! Neither even nor ending in zeros, so that no mistake hides.
window lopsided(std::size_t length)
{
    std::vector<double> taps;
    for (std::size_t m = 0; m < length; ++m)
        taps.push_back(1.5 + std::sin(2.0 * m) - 0.5 * m / length);
    return window(taps);
}

window complex_window(std::size_t length)
{
    return window(qa::exactly(qa::noise<value>(length, 5)));
}

parameters shaped(const qa::shape& s, const phase_reference& phase = "centre")
{
    parameters p{ s.n_fft, s.hop, lopsided(s.win_length) };
    p.phase = phase;
    return p;
}

template <class T>
std::vector<std::complex<real_t<T>>> analysed(const parameters& p,
                                              const std::vector<T>& x,
                                              const std::vector<std::int64_t>& starts,
                                              detrending detrend = detrending::none)
{
    stft<T> transform(p, detrend);
    std::vector<std::complex<real_t<T>>> spectra(starts.size() * transform.bins());
    auto spectrum = spectra.data();
    for (auto start : starts) {
        transform.analyse(x.data(), static_cast<std::int64_t>(x.size()), start, 1, spectrum);
        spectrum += transform.bins();
    }
    return spectra;
}

template <class T>
void assert_equals_plain_sum(const parameters& p,
                             const std::vector<T>& x,
                             const std::vector<std::int64_t>& starts,
                             const std::string& what)
{
    const auto expected = qa::plain_stft(qa::exactly(x), p, starts, bins<T>(p.n_fft));
    qa::assert_near(expected, analysed(p, x, starts), qa::limit<T>, what + " " + p.phase.name());
}

//! Spectrum of one frame at sample 0.
values spectrum(const parameters& p, const values& x) { return analysed(p, x, { 0 }); }

//! amplitude exp(2j pi frequency n / n_fft)
values cisoid(std::size_t length, double frequency, std::size_t n_fft, double amplitude)
{
    values x;
    for (std::size_t n = 0; n < length; ++n)
        x.push_back(std::polar(amplitude, 2 * qa::pi * frequency * n / n_fft));
    return x;
}

template <class T>
std::vector<T> detrended(detrending kind, const std::vector<T>& x)
{
    auto y = x;
    detrend(kind, y.data(), y.size(), y.data());
    return y;
}

} // namespace

class qa_stft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_stft);
    CPPUNIT_TEST(spectra_equal_the_plain_sum);
    CPPUNIT_TEST(long_spectra_equal_the_plain_sum);
    CPPUNIT_TEST(phase_is_exact_at_any_distance);
    CPPUNIT_TEST(centered_bins_begin_at_minus_half_n_fft);
    CPPUNIT_TEST(real_samples_have_half_of_the_spectrum);
    CPPUNIT_TEST(complex_window_is_conjugated);
    CPPUNIT_TEST(even_window_about_an_even_signal_is_real);
    CPPUNIT_TEST(alignment_changes_no_bit);
    CPPUNIT_TEST(frames_of_a_signal_are_frames_alone);
    CPPUNIT_TEST(long_hop_decimates_a_short_one);
    CPPUNIT_TEST(magnitude_reads_the_amplitude_on_bin);
    CPPUNIT_TEST(psd_integrates_to_the_power);
    CPPUNIT_TEST(ortho_preserves_energy);
    CPPUNIT_TEST(scalings_are_factors);
    CPPUNIT_TEST(detrending_takes_off_the_nearest_line);
    CPPUNIT_TEST(detrending_precedes_the_window);
    CPPUNIT_TEST(not_a_number_stays_in_its_frames);
    CPPUNIT_TEST(window_length_has_a_default);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void spectra_equal_the_plain_sum()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : qa::shapes)
                for (const auto& phase : phases) {
                    const auto first = -static_cast<std::int64_t>(s.win_length) + 1;
                    const auto frames = (s.length + s.win_length) / s.hop + 1; // past both ends
                    assert_equals_plain_sum(shaped(s, phase),
                                            qa::noise<T>(s.length),
                                            qa::regular(first, s.hop, frames),
                                            s.text());
                }
        });
    }

    void long_spectra_equal_the_plain_sum()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (std::size_t n_fft : { 4096, 8192, 8200, 16384, 32768 }) {
                const auto p = shaped({ n_fft, n_fft, n_fft, 1 }, "start");
                const auto x = qa::noise<T>(n_fft);
                const auto got = analysed(p, x, { 0 });
                const auto most = qa::peak(qa::exactly(got));
                const auto taps = p.taps();
                constexpr std::size_t bins = 5;
                for (std::size_t eighth = 0; eighth * n_fft / 8 + bins <= got.size(); ++eighth) {
                    const auto first = eighth * n_fft / 8;
                    const auto expected = qa::plain_dft(
                        qa::exactly(x), taps, 0, n_fft, bins, static_cast<std::int64_t>(first));
                    for (std::size_t k = 0; k < bins; ++k)
                        CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                            "n_fft " + std::to_string(n_fft) + ", bin " + std::to_string(first + k),
                            0,
                            std::abs(expected[k] - value(got[first + k])),
                            qa::limit<T> * most);
                }
            }
        });
    }

    void phase_is_exact_at_any_distance()
    {
        const std::int64_t far = std::int64_t(1) << 40;
        for (std::int64_t start : { far + 3, -far - 5, far * 100000 + 7, std::int64_t(-1) })
            for (std::size_t n_fft : { 15, 16, 31 }) {
                const auto frame = qa::noise<value>(12);
                for (const auto& phase : { phase_reference("absolute"),
                                           phase_reference::fixed(start),
                                           phase_reference::fixed(-start) }) {
                    const auto p = shaped({ 12, 12, n_fft, 1 }, phase);
                    values got(n_fft);
                    stft<value>(p).analyse(frame.data(), start, got.data());
                    const auto r = qa::counted_from(phase, start, 12);
                    qa::assert_near(qa::plain_dft(frame, p.taps(), r, n_fft, n_fft),
                                    got,
                                    1e-14,
                                    phase.name() + " at " + std::to_string(start));
                }
            }
    }

    void centered_bins_begin_at_minus_half_n_fft()
    {
        for (const auto& s : qa::shapes)
            for (const auto& phase : phases) {
                auto p = shaped(s, phase);
                p.sides = sides::centered;
                assert_equals_plain_sum(p, qa::noise<value>(s.length), { -1, 0, 2 }, s.text());
            }
    }

    void real_samples_have_half_of_the_spectrum()
    {
        for (const auto& s : qa::shapes) {
            const qa::context in_s("s", s);
            const auto p = shaped(s);
            const auto x = qa::noise<double>(s.length);
            const auto half = analysed(p, x, { 0 });
            auto whole = analysed(p, qa::exactly(x), { 0 });
            CPPUNIT_ASSERT_EQUAL(s.n_fft / 2 + 1, half.size());
            for (std::size_t k = 1; k < s.n_fft; ++k) // negative frequencies are conjugate
                CPPUNIT_ASSERT(std::abs(whole[k] - std::conj(whole[s.n_fft - k])) < 1e-12);
            whole.resize(half.size());
            qa::assert_near(whole, half, 1e-13, s.text());
        }
    }

    void complex_window_is_conjugated()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            if constexpr (!is_real_v<T>)
                for (const auto& s : qa::shapes) {
                    auto p = shaped(s);
                    p.window = complex_window(s.win_length);
                    assert_equals_plain_sum(p, qa::noise<T>(s.length), { -2, 0, 3 }, s.text());
                }
        });
    }

    void even_window_about_an_even_signal_is_real()
    {
        for (std::size_t win_length : { 15, 16 }) {
            const qa::context in_win_length("win_length", win_length);
            parameters p{ 32, 1, "hann", win_length };
            p.window = window(window("hann").sample(win_length, win_length % 2 == 1));
            values x(win_length);
            for (std::size_t m = 0; m < win_length; ++m)
                x[m] = std::cos(0.9 * (static_cast<double>(m) - win_length / 2));
            const auto zero_phase = spectrum(p, x);
            for (const auto& bin : zero_phase)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, bin.imag(), 1e-14);
            p.phase = "start";
            CPPUNIT_ASSERT(std::abs(spectrum(p, x)[3].imag()) > 0.1);
        }
    }

    void alignment_changes_no_bit()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            using complex = std::complex<real_t<T>>;
            for (const auto& s : qa::shapes)
                for (const bool centered : { false, true }) {
                    auto p = shaped(s, "absolute");
                    if (centered && !is_real_v<T>)
                        p.sides = sides::centered;
                    stft<T> transform(p);
                    const auto frame = qa::noise<T>(s.win_length);
                    alignas(64) std::array<complex, 200> out;
                    alignas(64) std::array<T, 200> in;
                    std::copy(frame.begin(), frame.end(), in.begin());
                    transform.analyse(in.data(), 1, out.data());
                    const std::vector<complex> expected(out.begin(),
                                                        out.begin() + transform.bins());
                    for (std::size_t at = 1; at < 9; ++at) {
                        const qa::context in_at("at", at);
                        std::copy(frame.begin(), frame.end(), in.begin() + at);
                        transform.analyse(in.data() + at, 1, out.data() + 9 - at);
                        CPPUNIT_ASSERT(
                            std::equal(expected.begin(), expected.end(), out.begin() + 9 - at));
                    }
                }
        });
    }

    void frames_of_a_signal_are_frames_alone()
    {
        for (const auto& s : qa::shapes) {
            const auto x = qa::noise<float>(s.length);
            const auto p = shaped(s, "absolute");
            const auto first = -static_cast<std::int64_t>(s.win_length) - 3;
            const auto frames = (s.length + s.win_length) / s.hop + 4;
            stft<float> transform(p), another(p);
            std::vector<std::complex<float>> spectra(frames * transform.bins());
            transform.analyse(x.data(), std::int64_t(x.size()), first, frames, spectra.data());

            std::vector<std::complex<float>> alone;
            for (auto start : qa::regular(first, s.hop, frames)) {
                std::vector<float> frame;
                for (const auto& v : qa::excerpt(qa::exactly(x), start, s.win_length))
                    frame.push_back(static_cast<float>(v.real()));
                std::vector<std::complex<float>> bins(another.bins());
                another.analyse(frame.data(), start, bins.data());
                alone.insert(alone.end(), bins.begin(), bins.end());
            }
            CPPUNIT_ASSERT_MESSAGE(s.text(), alone == spectra);
        }
    }

    void long_hop_decimates_a_short_one()
    {
        const auto x = qa::noise<float>(90);
        for (const auto& phase : phases) {
            const qa::context in_phase("phase", phase);
            parameters p = shaped({ 90, 12, 15, 1 }, phase);
            std::vector<std::complex<float>> every(80 * 8), third(27 * 8);
            stft<float>(p).analyse(x.data(), 90, -6, 80, every.data());
            p.hop = 3;
            stft<float>(p).analyse(x.data(), 90, -6, 27, third.data());
            for (std::size_t frame = 0; frame * 3 < 80; ++frame)
                CPPUNIT_ASSERT(std::equal(third.begin() + frame * 8,
                                          third.begin() + frame * 8 + 8,
                                          every.begin() + frame * 24));
        }
    }

    void magnitude_reads_the_amplitude_on_bin()
    {
        for (std::size_t n_fft : { 15, 16, 64 }) {
            const qa::context in_n_fft("n_fft", n_fft);
            parameters p{ n_fft, 1, "hann" };
            p.scale = scaling::magnitude;
            const auto bins = spectrum(p, cisoid(n_fft, 4, n_fft, 3));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(3, std::abs(bins[4]), 1e-14);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1.5, std::abs(bins[5]), 1e-14); // Hann: half, next door
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(bins[6]), 1e-14);
            std::vector<double> cosine;
            for (const auto& v : cisoid(n_fft, 4, n_fft, 3))
                cosine.push_back(v.real());
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1.5, std::abs(analysed(p, cosine, { 0 })[4]), 1e-14);
        }
    }

    void psd_integrates_to_the_power()
    {
        for (double samp_rate : { 1.0, 48000.0 })
            for (std::size_t n_fft : { 15, 16, 40 }) {
                const qa::context in_n_fft("n_fft", n_fft);
                parameters p{ n_fft, 1, lopsided(15) };
                p.scale = scaling::psd;
                p.samp_rate = samp_rate;
                double power = 0;
                for (const auto& bin : spectrum(p, cisoid(15, 2.3, n_fft, 3)))
                    power += std::norm(bin) * samp_rate / n_fft;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(9, power, 1e-12);
            }
    }

    void ortho_preserves_energy()
    {
        for (const auto& s : qa::shapes) {
            const qa::context in_s("s", s);
            parameters p = shaped(s);
            p.scale = scaling::ortho;
            const auto x = qa::noise<value>(s.win_length);
            double tapered = 0, bins = 0;
            for (std::size_t m = 0; m < x.size(); ++m)
                tapered += std::norm(x[m] * p.taps()[m]);
            for (const auto& bin : spectrum(p, x))
                bins += std::norm(bin);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(tapered, bins, 1e-12 * tapered);
        }
    }

    void scalings_are_factors()
    {
        const auto x = qa::noise<value>(12);
        parameters p{ 15, 1, complex_window(12) };
        p.samp_rate = 8;
        value sum = 0;
        double energy = 0;
        for (const auto& w : p.taps()) {
            sum += w;
            energy += std::norm(w);
        }
        const auto plain = spectrum(p, x);
        const std::pair<scaling, double> cases[]{
            { scaling::magnitude, 1 / std::abs(sum) },
            { scaling::psd, 1 / std::sqrt(8 * energy) },
            { scaling::ortho, 1 / std::sqrt(15.0) },
        };
        for (const auto& [scale, factor] : cases) {
            p.scale = scale;
            auto expected = plain;
            for (auto& bin : expected)
                bin *= factor;
            qa::assert_near(expected, spectrum(p, x), 1e-14, name_of(scale));
        }
    }

    void detrending_takes_off_the_nearest_line()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (std::size_t length : { 1, 2, 3, 8, 31 }) {
                const qa::context in_length("length", length);
                const auto x = qa::noise<T>(length);
                CPPUNIT_ASSERT(x == detrended(detrending::none, x));
                // what is left is orthogonal to what was taken off, which is a constant or a line
                const auto level = qa::exactly(detrended(detrending::constant, x));
                const auto flat = qa::exactly(detrended(detrending::linear, x));
                value mean = 0, sum = 0, moment = 0;
                for (std::size_t m = 0; m < length; ++m) {
                    const qa::context in_m("m", m);
                    mean += level[m];
                    sum += flat[m];
                    moment += flat[m] * static_cast<double>(m);
                    CPPUNIT_ASSERT(std::abs((value(x[m]) - level[m]) - (value(x[0]) - level[0])) <
                                   qa::limit<T>);
                    const auto line = [&](std::size_t i) { return value(x[i]) - flat[i]; };
                    if (m > 1)
                        CPPUNIT_ASSERT(std::abs(line(m) - 2.0 * line(m - 1) + line(m - 2)) <
                                       qa::limit<T>);
                }
                const double tolerance = qa::limit<T> * length;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(mean), tolerance);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(sum), tolerance);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(moment), tolerance * length);
            }
        });
        CPPUNIT_ASSERT(detrending_named("linear") == detrending::linear);
        CPPUNIT_ASSERT(detrending_named("constant") == detrending::constant);
        CPPUNIT_ASSERT(detrending_named("none") == detrending::none);
    }

    void detrending_precedes_the_window()
    {
        const parameters p = shaped({ 0, 12, 15, 5 });
        const auto x = qa::noise<double>(40);
        for (auto kind : { detrending::constant, detrending::linear }) {
            const std::vector<double> frame(x.begin() + 5, x.begin() + 17);
            qa::assert_near(qa::exactly(analysed(p, detrended(kind, frame), { 0 })),
                            analysed(p, x, { 5 }, kind),
                            1e-14,
                            "frame at 5");
        }
    }

    void not_a_number_stays_in_its_frames()
    {
        for (float bad :
             { std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity() })
            for (const auto& phase : phases) {
                const qa::context in_phase("phase", phase);
                const auto p = shaped({ 100, 12, 15, 5 }, phase);
                const auto starts = qa::regular(-6, 5, 22);
                auto x = qa::noise<float>(100);
                const auto clean = analysed(p, x, starts);
                x[50] = bad;
                const auto spoilt = analysed(p, x, starts);
                for (std::size_t i = 0; i < spoilt.size(); ++i) {
                    const qa::context in_i("i", i);
                    const auto start = starts[i / 8];
                    const bool inside = start <= 50 && 50 < start + 12;
                    CPPUNIT_ASSERT_EQUAL(!inside, spoilt[i] == clean[i]);
                }
            }
    }

    void window_length_has_a_default()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(16), (parameters{ 16, 4 }).window_length());
        CPPUNIT_ASSERT_EQUAL(std::size_t(7), (parameters{ 16, 4, lopsided(7) }).window_length());
        CPPUNIT_ASSERT_EQUAL(std::size_t(9), (parameters{ 16, 4, "hann", 9 }).window_length());
    }

    void wrong_arguments_are_refused()
    {
        const auto refused = [](const std::string& message, parameters p, bool complex = true) {
            qa::assert_refused(message, [&] {
                if (complex)
                    stft<value>{ p };
                else
                    stft<float>{ p };
            });
        };
        refused("n_fft: 0: must be 1 .. 2^28", { 0, 1 });
        refused("n_fft: -1: must be 1 .. 2^28", { std::size_t(-1), 1 });
        refused("hop: 0: must be 1 .. 2^40 samples", { 8, 0 });
        refused("accepted", { 8, 4, "hann", 9 });
        refused("win_length: 16777217: must be 1 .. 2^24, or n_fft if that is more",
                { 8, 4, "hann", (std::size_t(1) << 24) + 1 });
        refused("win_length: 6: must be the number of taps, 7", { 8, 4, lopsided(7), 6 });
        refused("window: complex taps: need complex samples, whose spectrum is two-sided",
                { 8, 4, complex_window(8) },
                false);
        parameters p{ 8, 4 };
        p.sides = sides::centered;
        refused("accepted", p);
        refused("sides: centered: must be onesided, since samples are real", p, false);
        p.sides = sides::onesided;
        refused("accepted", p, false);
        refused("sides: onesided: must be twosided or centered, since samples are complex", p);
        p = { 8, 4 };
        p.samp_rate = 0;
        refused("samp_rate: 0: must be positive and finite", p);
        p.samp_rate = std::numeric_limits<double>::infinity();
        refused("samp_rate: inf: must be positive and finite", p);
        p = { 2, 1, window(std::vector<double>{ 1, -1 }) };
        p.scale = scaling::magnitude;
        refused("scaling: magnitude: needs a window whose taps do not sum to zero", p);
        p = { 2, 1, window(std::vector<double>{ 1e39, 1 }) };
        refused("accepted", p);
        const auto overflow = qa::refusal([&] { stft<float>{ p }; });
        CPPUNIT_ASSERT(overflow.find("overflows the samples' precision") != std::string::npos);
        qa::assert_refused("phase: middle: must be start, centre or absolute",
                           [] { phase_reference("middle"); });
        qa::assert_refused("scaling: spectrum: must be none, magnitude, psd or ortho",
                           [] { scaling_named("spectrum"); });
        qa::assert_refused("detrend: mean: must be none, constant or linear",
                           [] { detrending_named("mean"); });
        qa::assert_refused("sides: both: must be onesided, twosided or centered",
                           [] { sides_named("both"); });
        CPPUNIT_ASSERT(sides_named("centred") == sides::centered);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_stft);
