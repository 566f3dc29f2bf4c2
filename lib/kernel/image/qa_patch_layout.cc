/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "patch_layout.h"
#include "qa/patch_support.h"

using namespace gr::stft::kernel;

class qa_patch_layout : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_patch_layout);
    CPPUNIT_TEST(a_row_has_half_of_the_bins_of_each_frame_and_room_for_the_last);
    CPPUNIT_TEST(chunks_cover_each_group_and_stay_in_the_row);
    CPPUNIT_TEST(backward_batches_lead_where_forward_ones_begin);
    CPPUNIT_TEST(a_width_without_frames_or_beyond_memory_is_refused);
    CPPUNIT_TEST(turns_multiply_by_minus_j_and_a_root);
    CPPUNIT_TEST(taps_are_scaled_before_they_are_rounded);
    CPPUNIT_TEST_SUITE_END();

    static patch_layout layout_of(const qa::patch_case& c)
    {
        return { c.rows(), c.columns(), c.samples };
    }

    void a_row_has_half_of_the_bins_of_each_frame_and_room_for_the_last()
    {
        for (const auto& c : qa::patch_cases) {
            const auto l = layout_of(c);
            const auto rows = c.rows(), across = c.columns();
            const auto N = across.n_fft();
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, rows.n_fft(), l.row_points);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, rows.n_fft() / 2 + 1, l.row_bins);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, N, l.column_bins);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, N % 2 == 0, l.paired);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, N % 2 ? N / 2 + 1 : N / 2, l.columns);
            const auto beyond = c.samples - std::min(c.samples, across.win_length());
            const auto frames =
                1 + (((c.centred ? c.samples : beyond) + across.hop() - 1) / across.hop());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, frames, l.frames);
            const auto last_end = (frames - 1) * across.hop() + across.win_length();
            const auto padding = c.centred ? across.win_length() / 2 : 0;
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                c.name, std::max(last_end, c.samples + 2 * padding), l.padded_width);
        }
    }

    void chunks_cover_each_group_and_stay_in_the_row()
    {
        std::size_t several_chunks = 0, several_patches = 0;
        for (const auto& c : qa::patch_cases) {
            const auto l = layout_of(c);
            CPPUNIT_ASSERT_MESSAGE(c.name, l.chunks * l.chunk >= l.group_size());
            CPPUNIT_ASSERT_MESSAGE(c.name, (l.chunks - 1) * l.chunk < l.group_size());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, std::size_t(0), l.chunk % 4);
            CPPUNIT_ASSERT_MESSAGE(c.name, l.chunk <= 32);
            CPPUNIT_ASSERT_MESSAGE(c.name, l.groups() * l.group >= l.frames);
            CPPUNIT_ASSERT_MESSAGE(c.name, (l.groups() - 1) * l.group < l.frames);
            CPPUNIT_ASSERT_MESSAGE(c.name, l.transformed >= l.frames);
            const auto last_read = (l.groups() - 1) * l.group_size() + l.chunks * l.chunk;
            CPPUNIT_ASSERT_MESSAGE(c.name, l.row_size >= last_read);
            CPPUNIT_ASSERT_MESSAGE(c.name, l.row_size >= l.transformed * l.columns);
            CPPUNIT_ASSERT_MESSAGE(c.name, l.stride >= l.chunks * l.chunk);
            CPPUNIT_ASSERT_MESSAGE(c.name, l.stride & (l.stride - 1)); // not a power of two
            several_chunks += l.chunks > 1;
            several_patches += l.group > 1;
        }
        CPPUNIT_ASSERT(several_chunks > 1 && several_patches > 1);
    }

    void backward_batches_lead_where_forward_ones_begin()
    {
        for (const auto& c : qa::patch_cases) {
            const auto l = layout_of(c);
            for (const auto& [there, back] :
                 { std::pair(l.row_batch(true), l.row_batch(false)),
                   std::pair(l.column_batch(true), l.column_batch(false)) }) {
                CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, there.count, back.count);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, there.in_stride, back.out_stride);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, there.in_distance, back.out_distance);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, there.out_stride, back.in_stride);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, there.out_distance, back.in_distance);
            }
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, l.columns, l.row_batch(true).out_distance);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, l.chunk, l.column_batch(true).in_stride);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, l.stride, l.column_batch(true).out_stride);
        }
    }

    void a_width_without_frames_or_beyond_memory_is_refused()
    {
        const image_axis rows({ 4, 2 }, false, true, pad::constant, tail::ceil, fill::trailing);
        const auto check = [&](const std::string& message,
                               const axis_parameters& across,
                               std::size_t width,
                               pad outside = pad::constant,
                               bool centred = true) {
            const image_axis axis(across, false, centred, outside, tail::floor, fill::trailing);
            qa::assert_refused(message, [&] { patch_layout(rows, axis, width); });
        };
        check("accepted", { 4, 2 }, 1);
        check("width: 0: must be 1 .. 2^28", { 4, 2 }, 0);
        check("width: 268435457: must be 1 .. 2^28", { 4, 2 }, (1 << 28) + 1);
        check("width: 8: holds no frame of win_length = 9", { 9, 2 }, 8, pad::constant, false);
        check("pad: reflect: needs width > 4 samples of padding, not 4", { 9, 2 }, 4, pad::reflect);
        check("accepted", { 9, 2 }, 5, pad::reflect);
        check("width: 134217728: makes a row of spectra of more than 2^28 numbers",
              { 4, 1 },
              1 << 27);
    }

    template <class R>
    static void check_turns(const qa::patch_case& c)
    {
        const auto l = layout_of(c);
        const patch_twiddles<R> twiddles(l);
        const auto count = l.paired ? 2 * l.columns : 0;
        CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, count, twiddles.re_twice.size());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, count, twiddles.im_signed.size());
        for (std::size_t k = 0; 2 * k < count; ++k) {
            const auto T =
                qa::value(0, -1) * qa::twiddle(1, static_cast<std::int64_t>(k), l.column_bins);
            const auto what = std::string(c.name) + ", k = " + std::to_string(k);
            const double rounding = std::numeric_limits<R>::epsilon();
            const double found[]{ twiddles.re_twice[2 * k],
                                  twiddles.re_twice[2 * k + 1],
                                  -twiddles.im_signed[2 * k],
                                  twiddles.im_signed[2 * k + 1] };
            const double expected[]{ T.real(), T.real(), T.imag(), T.imag() };
            for (int i = 0; i < 4; ++i)
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(what, expected[i], found[i], rounding);
        }
    }

    void turns_multiply_by_minus_j_and_a_root()
    {
        for (const auto& c : qa::patch_cases) {
            check_turns<float>(c);
            check_turns<double>(c);
        }
    }

    void taps_are_scaled_before_they_are_rounded()
    {
        const auto axis = [](double tap) {
            axis_parameters p{ 3, 1 };
            p.window = window(std::vector<double>{ 1, tap, 0 });
            return image_axis(p, false, true, pad::constant, tail::ceil, fill::trailing);
        };
        const auto small = scaled_taps<float>(axis(1.0 / 3), 0.1);
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), small.size());
        CPPUNIT_ASSERT_EQUAL(0.1F, small[0]);
        CPPUNIT_ASSERT_EQUAL(static_cast<float>(0.1 * (1.0 / 3)), small[1]);
        CPPUNIT_ASSERT_EQUAL(1.0F, scaled_taps<float>(axis(1e300), 1e-300)[1]);
        qa::assert_refused("window: 1e+300: overflows the samples' precision",
                           [&] { scaled_taps<float>(axis(1e300), 1); });
        CPPUNIT_ASSERT_EQUAL(1e300, scaled_taps<double>(axis(1e300), 1)[1]);
        qa::assert_refused("window: 1e+300: overflows the samples' precision",
                           [&] { scaled_taps<double>(axis(1e300), 1e10); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_patch_layout);
