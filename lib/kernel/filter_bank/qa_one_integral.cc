/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/filter_bank/filter_bank.h>
#include <gnuradio/stft/kernel/filter_bank/one_integral.h>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

bins_parameters
shaped(const qa::shape& s, const phase_reference& phase, placement where = placement::centred)
{
    bins_parameters p;
    p.n_fft = s.n_fft;
    p.hop = 1;
    p.window = "hamming";
    p.win_length = s.win_length;
    p.phase = phase;
    p.where = where;
    return p;
}

template <class T>
std::vector<std::complex<real_t<T>>> transformed(const bins_parameters& p, const std::vector<T>& x)
{
    stft<T> transform(p);
    const auto length = static_cast<std::int64_t>(x.size());
    const auto frames = static_cast<std::size_t>(p.frames().frames(length));
    std::vector<std::complex<real_t<T>>> spectra(frames * transform.bins());
    transform.analyse(x.data(), length, p.frames().first(), frames, spectra.data());
    return spectra;
}

const std::vector<phase_reference> phases{ "start",
                                           "centre",
                                           "absolute",
                                           phase_reference::fixed(7) };

} // namespace

class qa_one_integral : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_one_integral);
    CPPUNIT_TEST(the_signal_comes_back);
    CPPUNIT_TEST(frames_one_by_one_give_the_same_samples_and_leave_one_for_the_last_frame);
    CPPUNIT_TEST(a_later_start_leaves_zeros);
    CPPUNIT_TEST(filters_convolved_with_the_signal_are_rows);
    CPPUNIT_TEST(what_cannot_be_summed_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void the_signal_comes_back()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : qa::shapes)
                for (const auto& phase : phases) {
                    const auto p = shaped(s, phase);
                    const auto x = qa::noise<T>(s.length);
                    const auto spectra = transformed(p, x);
                    one_integral<T> inverse(p);
                    std::vector<T> y(s.length);
                    inverse.invert(spectra.data(),
                                   spectra.size() / inverse.bins(),
                                   p.frames().first(),
                                   y.data(),
                                   static_cast<std::int64_t>(s.length));
                    qa::assert_near(qa::exactly(x),
                                    y,
                                    std::is_same_v<real_t<T>, float> ? 1e-6 : 1e-13,
                                    s.text() + ", " + phase.name());
                }
        });
    }

    void frames_one_by_one_give_the_same_samples_and_leave_one_for_the_last_frame()
    {
        for (const auto& s : qa::shapes) {
            const qa::context in_s("s", s);
            for (const auto where : { placement::centred, placement::left, placement::full }) {
                const qa::context in_where("where", where);
                const auto p = shaped(s, "absolute", where);
                const auto x = qa::noise<float>(s.length);
                const auto length = static_cast<std::int64_t>(s.length);
                const auto spectra = transformed(p, x);
                one_integral<float> whole(p), inverse(p);
                const auto bins = inverse.bins(), frames = spectra.size() / bins;
                std::vector<float> expected(s.length), y(s.length + s.win_length);
                whole.invert(spectra.data(), frames, p.frames().first(), expected.data(), length);
                std::size_t read = 0;
                for (std::size_t f = 0; f < frames; ++f) {
                    const qa::context in_f("f", f);
                    inverse.add(spectra.data() + f * bins);
                    if (f + 1 < frames) // in pieces, some of it later
                        read += inverse.read(y.data() + read, f % 5);
                    // a stream might end with the next frame, after start + 2 or start + c + 1 samples
                    const auto start = inverse.next_start() - 1;
                    const auto centre = where == placement::full ? 1 : s.win_length / 2;
                    if (f + 1 < frames)
                        CPPUNIT_ASSERT(
                            static_cast<std::int64_t>(read + inverse.ready()) <=
                            std::max<std::int64_t>(0, start + static_cast<std::int64_t>(centre)));
                }
                inverse.finish(length);
                read += inverse.read(y.data() + read, y.size());
                y.resize(read);
                CPPUNIT_ASSERT_MESSAGE(s.text() + ", " + name_of(where), y == expected);
            }
        }
    }

    void a_later_start_leaves_zeros()
    {
        const auto p = shaped({ 0, 8, 8, 1 }, "centre");
        one_integral<double> inverse(p);
        const values spectrum(5, 1.0);
        inverse.add(spectrum.data());
        inverse.change(p, 96);
        inverse.expect_next();
        std::vector<double> y(200);
        auto read = inverse.read(y.data(), y.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t(100), read);
        inverse.add(spectrum.data());
        inverse.finish(103);
        read += inverse.read(y.data() + read, y.size());
        y.resize(read);
        CPPUNIT_ASSERT_EQUAL(std::size_t(103), y.size());
        for (std::size_t n = 0; n < y.size(); ++n) {
            const qa::context in_n("n", n); // 8 / (8 w[c]), w[c] = 1
            CPPUNIT_ASSERT_DOUBLES_EQUAL(n == 0 || n == 100 ? 1.0 : 0.0, y[n], 1e-15);
        }
    }

    void filters_convolved_with_the_signal_are_rows()
    {
        for (const auto& s : qa::shapes) {
            const qa::context in_s("s", s);
            const auto p = shaped(s, "centre");
            const auto x = qa::noise<value>(s.length);
            const auto rows = transformed(p, x);
            const filter_bank bank(p);
            const auto last = bank.first() + static_cast<std::int64_t>(s.win_length) - 1;
            CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(s.win_length / 2), last);
            for (std::size_t k = 0; k < bank.bins(); ++k) {
                values h(s.win_length), expected, row;
                bank.filter(k, h.data());
                for (std::size_t n = 0; n < s.length; ++n) {
                    value sum = 0;
                    for (std::size_t i = 0; i < h.size(); ++i) {
                        const auto at = static_cast<std::int64_t>(n) - bank.first() -
                                        static_cast<std::int64_t>(i);
                        if (at >= 0 && at < static_cast<std::int64_t>(s.length))
                            sum += h[i] * x[static_cast<std::size_t>(at)];
                    }
                    expected.push_back(sum);
                    row.push_back(rows[n * bank.bins() + k]);
                }
                qa::assert_near(expected, row, 1e-11, s.text());
            }
        }
    }

    void what_cannot_be_summed_is_refused()
    {
        const auto refused = [](const std::string& message, const bins_parameters& p) {
            qa::assert_refused(message, [&] { one_integral<double>{ p }; });
        };
        auto p = shaped({ 0, 8, 8, 1 }, "centre");
        p.bins = { 1, 2, 1 };
        refused("bins: 1: is there twice", p);
        p.bins = { 1.5 };
        refused("bins: 1.5: must be whole to be summed", p);
        p.bins = { 5 };
        refused("bins: 5: must be 0 .. n_fft / 2 = 4", p);
        p.bins.clear();
        p.hop = 2;
        refused("hop: 2: must be 1, each spectrum gives one sample", p);
        p.hop = 1;
        p.win_length = 0;
        p.window = window(std::vector<double>{ 1, 0, 1 });
        refused("window: 3 taps: is 0 at its centre, value 1, which is divided by", p);
        p.window = "hann";
        one_integral<double> inverse(p);
        p.bins = { 0, 1 };
        qa::assert_refused("bins: 2: must stay 5", [&] { inverse.change(p, 0); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_one_integral);
