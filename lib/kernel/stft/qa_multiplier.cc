/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/stft/multiplier.h>
#include <array>
#include <cstring>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

std::vector<parameters> designs()
{
    std::vector<parameters> all;
    for (const auto& [n_fft, hop, length] : std::vector<std::array<std::size_t, 3>>{
             { 16, 4, 16 }, { 15, 7, 15 }, { 12, 1, 5 }, { 17, 3, 9 }, { 8, 3, 15 }, { 9, 4, 16 } })
        for (auto where : { placement::centred, placement::left, placement::full })
            all.push_back({ n_fft, hop, "hamming", length, where });
    return all;
}

std::string text(const parameters& p)
{
    return "n_fft " + std::to_string(p.n_fft) + ", hop " + std::to_string(p.hop) + ", win_length " +
           std::to_string(p.window_length()) + ", " + name_of(p.where);
}

template <class T, class M>
std::vector<T> masked(const parameters& p,
                      const std::vector<T>& x,
                      const M* masks,
                      std::size_t stride,
                      std::size_t chunk = SIZE_MAX)
{
    multiplier<T> m(p);
    m.set_masks(masks, stride);
    std::vector<T> y;
    for (std::size_t n = 0; n < x.size();) {
        const auto count = std::min(chunk, x.size() - n);
        m.push(x.data() + n, count, y);
        CPPUNIT_ASSERT(y.size() <= n + count);
        n += count;
    }
    m.finish(y);
    return y;
}

//! Analysis, mask and synthesis one after the other.
template <class T, class M, class Inverse>
std::vector<T>
in_steps(const parameters& p, const std::vector<T>& x, const std::vector<M>& masks, bool each)
{
    stft<T> transform(p);
    const auto length = static_cast<std::int64_t>(x.size());
    const auto frames = static_cast<std::size_t>(p.frames().frames(length)),
               bins = transform.bins();
    std::vector<std::complex<real_t<T>>> spectra(frames * bins);
    transform.analyse(x.data(), length, p.frames().first(), frames, spectra.data());
    for (std::size_t i = 0; i < spectra.size(); ++i)
        spectra[i] = spectra[i] * masks[each ? i : i % bins];
    std::vector<T> y(x.size());
    Inverse(p).invert(spectra.data(), frames, y.data(), length);
    return y;
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b)
{
    return a.size() == b.size() &&
           (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <class T, class M>
void compare(const parameters& p)
{
    for (std::size_t length : { 0, 1, 6, 50, 317 }) {
        const qa::context in_length("length", length);
        const auto x = qa::noise<T>(length);
        const auto bins = gr::stft::kernel::bins<T>(p.n_fft);
        const auto frames =
            static_cast<std::size_t>(p.frames().frames(static_cast<std::int64_t>(length)));
        const auto masks = qa::noise<M>((frames + 1) * bins, 5);
        for (bool each : { false, true }) {
            const qa::context in_each("each", each);
            const auto expected = p.window_length() > p.n_fft
                                      ? in_steps<T, M, folded_istft<T>>(p, x, masks, each)
                                      : in_steps<T, M, istft<T>>(p, x, masks, each);
            const auto stride = each ? bins : 0;
            CPPUNIT_ASSERT(same(expected, masked(p, x, masks.data(), stride)));
            for (std::size_t chunk : { 1, 3, 64 })
                CPPUNIT_ASSERT(same(expected, masked(p, x, masks.data(), stride, chunk)));
        }
    }
}

} // namespace

class qa_multiplier : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_multiplier);
    CPPUNIT_TEST(it_is_analysis_mask_and_synthesis_in_any_split);
    CPPUNIT_TEST(a_mask_of_ones_changes_nothing);
    CPPUNIT_TEST(without_a_mask_the_input_comes_back);
    CPPUNIT_TEST(masks_multiply_bin_by_bin);
    CPPUNIT_TEST(nan_stays_under_its_frames);
    CPPUNIT_TEST(what_is_wrong_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void it_is_analysis_mask_and_synthesis_in_any_split()
    {
        for (const auto& p : designs()) {
            const auto name = text(p);
            const qa::context in_p("p", name);
            qa::for_every_type([&](auto zero) {
                using T = decltype(zero);
                compare<T, real_t<T>>(p);
                compare<T, std::complex<real_t<T>>>(p);
            });
        }
    }

    void a_mask_of_ones_changes_nothing()
    {
        for (const auto& p : designs()) {
            if (p.where == placement::left) // where the first samples lie under small weights
                continue;
            const auto name = text(p);
            const qa::context in_p("p", name);
            const auto x = qa::noise<double>(200);
            const std::vector<double> ones(p.n_fft, 1);
            qa::assert_near(qa::exactly(x), masked(p, x, ones.data(), 0), 1e-11, name);
        }
    }

    void without_a_mask_the_input_comes_back()
    {
        const parameters p{ 16, 4 };
        const auto x = qa::noise<value>(100);
        qa::assert_near(x, masked<value, double>(p, x, nullptr, 0), 1e-14, "no mask");
    }

    void masks_multiply_bin_by_bin()
    {
        for (std::size_t n : { 1, 2, 7, 33 }) {
            const qa::context in_n("n", n);
            const auto spectrum = qa::noise<value>(n), by = qa::noise<value>(n, 3);
            const auto real = qa::noise<double>(n, 4);
            values a(n), b(n), expected_a, expected_b;
            apply_mask(spectrum.data(), real.data(), n, a.data());
            apply_mask(spectrum.data(), by.data(), n, b.data());
            for (std::size_t k = 0; k < n; ++k) {
                expected_a.push_back(spectrum[k] * real[k]);
                expected_b.push_back(
                    { spectrum[k].real() * by[k].real() - spectrum[k].imag() * by[k].imag(),
                      spectrum[k].real() * by[k].imag() + spectrum[k].imag() * by[k].real() });
            }
            qa::assert_near(expected_a, a, 1e-15, "real");
            qa::assert_near(expected_b, b, 1e-15, "complex");
        }
    }

    void nan_stays_under_its_frames()
    {
        for (const auto& p : designs()) {
            if (p.window_length() > p.n_fft) // qa_folded_istft
                continue;
            const auto name = text(p);
            const qa::context in_p("p", name);
            auto x = qa::noise<float>(300);
            const auto mask = qa::noise<float>(p.n_fft, 2);
            const auto clean = masked(p, x, mask.data(), 0);
            x[150] = NAN;
            const auto y = masked(p, x, mask.data(), 0);
            const auto reach = p.window_length();
            for (std::size_t n = 0; n < 300; ++n)
                if (n + reach <= 150 || n >= 150 + reach)
                    CPPUNIT_ASSERT_EQUAL(clean[n], y[n]);
            CPPUNIT_ASSERT(std::isnan(y[150]));
        }
    }

    void what_is_wrong_is_refused()
    {
        qa::assert_refused("hop: 17: leaves samples uncovered by the window hann of 16 samples, so "
                           "its STFT has no inverse (NOLA)",
                           [] {
                               multiplier<float>({ 16, 17 });
                           });
        qa::assert_refused("synthesis: 3 taps: must be win_length = 16", [] {
            multiplier<float>({ 16, 4 }, taps_t(3, 1));
        });
        qa::assert_refused("threshold: 1: must be 0 <= threshold < 1", [] {
            multiplier<float>({ 16, 4 }, {}, 1);
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_multiplier);
