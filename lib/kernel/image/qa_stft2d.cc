/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/image_support.h"
#include <gnuradio/stft/kernel/image/stft2d_adjoint.h>

using namespace gr::stft::kernel;
using qa::analysed;
using qa::cases;
using qa::for_both_types;
using qa::image_case;
using qa::inverted;
using qa::plain_axis;
using qa::plain_transform;
using qa::with_taps;

namespace {

//! True if the frames leave no pixel out.
bool covers(const image_case& c)
{
    return c.p.rows().lost(static_cast<std::int64_t>(c.height), 1e-10) == 0 &&
           c.p.columns().lost(static_cast<std::int64_t>(c.width), 1e-10) == 0;
}

} // namespace

class qa_stft2d : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_stft2d);
    CPPUNIT_TEST(forward_equals_its_definition);
    CPPUNIT_TEST(inverse_equals_its_definition_for_any_coefficients);
    CPPUNIT_TEST(image_comes_back);
    CPPUNIT_TEST(frame_rows_come_out_with_their_last_row);
    CPPUNIT_TEST(reflection_waits_for_the_rows_it_mirrors);
    CPPUNIT_TEST(rows_of_the_inverse_are_final_one_hop_later);
    CPPUNIT_TEST(streams_equal_whole_images_to_the_bit);
    CPPUNIT_TEST(not_a_number_stays_in_its_frames);
    CPPUNIT_TEST(published_sizes);
    CPPUNIT_TEST(illegal_parameters_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void forward_equals_its_definition()
    {
        for_both_types([](auto zero) {
            using R = decltype(zero);
            for (const auto& with : { false, true })
                for (auto c : cases) {
                    if (with)
                        c.p = with_taps(c.p);
                    const auto x = qa::noise<R>(c.height * c.width);
                    const auto expected = plain_transform(c).forward(qa::exactly(x));
                    qa::assert_near(expected, analysed(c, x), qa::limit<R>, c.what);
                }
        });
    }

    void inverse_equals_its_definition_for_any_coefficients()
    {
        for_both_types([](auto zero) {
            using R = decltype(zero);
            for (auto c : cases) {
                c.p = with_taps(c.p);
                const auto Z = qa::noise<std::complex<R>>(plain_transform(c).size(), 5);
                qa::assert_near(plain_transform(c).inverse(qa::exactly(Z)),
                                inverted<R>(c, Z),
                                qa::limit<R>,
                                c.what);
            }
        });
    }

    void image_comes_back()
    {
        for_both_types([](auto zero) {
            using R = decltype(zero);
            std::size_t covered = 0;
            for (auto c : cases) {
                c.p = with_taps(c.p); // coverage stays within a factor of 100
                if (!covers(c))
                    continue;
                ++covered;
                const auto x = qa::noise<R>(c.height * c.width);
                qa::assert_near(
                    qa::exactly(x), inverted<R>(c, analysed(c, x)), qa::limit<R>, c.what);
            }
            CPPUNIT_ASSERT(covered >= 10);
        });
    }

    //! Index of the row whose arrival made each frame row ready; the height for those that needed the end.
    static std::vector<std::size_t> schedule(const image_case& c)
    {
        stft2d<double> transform(c.p, c.width);
        const auto x = qa::noise<double>(c.height * c.width);
        std::vector<std::complex<double>> frame_row(transform.frame_row_size());
        std::vector<std::size_t> came;
        const auto read_all = [&](std::size_t row) {
            for (; transform.ready(); came.push_back(row)) {
                CPPUNIT_ASSERT_EQUAL(std::int64_t(0), transform.wanted());
                CPPUNIT_ASSERT(transform.expects(transform.next()));
                transform.read(frame_row.data());
            }
        };
        for (std::size_t row = 0; row < c.height; ++row) {
            const qa::context in_row("row", row);
            CPPUNIT_ASSERT(transform.wanted() > 0);
            transform.push(x.data() + row * c.width);
            read_all(row);
        }
        transform.finish();
        read_all(c.height);
        return came;
    }

    void frame_rows_come_out_with_their_last_row()
    {
        for (const auto& c : cases) {
            if (c.p.pad == pad::reflect)
                continue;
            const plain_axis h(c.p.height, c.p, c.height);
            std::vector<std::size_t> expected;
            for (std::size_t m = 0; m < h.frames; ++m)
                expected.push_back(std::min(c.height, m * h.a + h.L - h.P - 1));
            CPPUNIT_ASSERT_MESSAGE(c.what, expected == schedule(c));
        }
    }

    void reflection_waits_for_the_rows_it_mirrors()
    {
        const image_case even{
            45, 20, { { 16, 8 }, { 8, 4 }, false, true, pad::reflect, tail::floor }, ""
        };
        CPPUNIT_ASSERT((std::vector<std::size_t>{ 8, 15, 23, 31, 39, 45 }) == schedule(even));
        const image_case odd{
            20, 20, { { 7, 4 }, { 8, 4 }, false, true, pad::reflect, tail::floor }, ""
        };
        CPPUNIT_ASSERT((std::vector<std::size_t>{ 3, 7, 11, 15, 19 }) == schedule(odd));
    }

    void rows_of_the_inverse_are_final_one_hop_later()
    {
        const image_case c{
            45, 20, { { 16, 8 }, { 8, 4 }, false, true, pad::constant, tail::floor }, ""
        };
        const auto X = analysed(c, qa::noise<double>(c.height * c.width));
        istft2d<double> inverse(c.p, c.width);
        std::vector<double> row(c.width);
        std::vector<std::int64_t> rows;
        for (std::size_t m = 0; m < 6; ++m) {
            inverse.add(X.data() + m * inverse.frame_row_size());
            rows.push_back(inverse.ready());
            while (inverse.ready())
                inverse.read(row.data());
        }
        inverse.finish(45);
        rows.push_back(inverse.ready());
        CPPUNIT_ASSERT((std::vector<std::int64_t>{ 0, 8, 8, 8, 8, 8, 5 }) == rows);
    }

    void streams_equal_whole_images_to_the_bit()
    {
        for (const auto& c : cases) {
            const auto x = qa::noise<float>(c.height * c.width);
            const auto X = analysed(c, x);
            stft2d<float> transform(c.p, c.width);
            istft2d<float> inverse(c.p, c.width);
            std::vector<std::complex<float>> spectra, frame_row(transform.frame_row_size());
            std::vector<float> y, row(c.width);
            const auto pass_on = [&] {
                while (transform.ready()) {
                    transform.read(frame_row.data());
                    spectra.insert(spectra.end(), frame_row.begin(), frame_row.end());
                    inverse.add(frame_row.data());
                    for (; inverse.ready(); y.insert(y.end(), row.begin(), row.end()))
                        inverse.read(row.data());
                }
            };
            for (std::size_t r = 0; r < c.height; ++r) {
                std::copy_n(x.data() + r * c.width, c.width, row.data());
                transform.push(row.data());
                pass_on();
            }
            transform.finish();
            pass_on();
            inverse.finish(static_cast<std::int64_t>(c.height));
            for (; inverse.ready(); y.insert(y.end(), row.begin(), row.end()))
                inverse.read(row.data());
            y.resize(
                std::min(y.size(), x.size())); // rows of a last frame that lies after the image
            CPPUNIT_ASSERT_MESSAGE(c.what, spectra == X);
            CPPUNIT_ASSERT_MESSAGE(c.what, y == inverted(c, X));
        }
    }

    void not_a_number_stays_in_its_frames()
    {
        for (auto c : cases) {
            c.p = with_taps(c.p);
            c.p.pad = pad::constant;
            const plain_transform plain(c);
            auto x = qa::noise<float>(c.height * c.width);
            const auto clean = analysed(c, x);
            const std::size_t r = c.height / 2, col = c.width / 3;
            x[r * c.width + col] = std::numeric_limits<float>::quiet_NaN();
            const auto X = analysed(c, x);
            const auto patch = plain.bins * plain.w.M;
            for (std::size_t m = 0; m < plain.h.frames; ++m)
                for (std::size_t n = 0; n < plain.w.frames; ++n) {
                    const auto i = r + plain.h.P - m * plain.h.a,
                               j = col + plain.w.P - n * plain.w.a;
                    const bool contains = i < plain.h.L && j < plain.w.L;
                    const auto at = (m * plain.w.frames + n) * patch;
                    for (std::size_t k = 0; k < patch; ++k)
                        CPPUNIT_ASSERT_MESSAGE(c.what,
                                               contains ? std::isnan(std::abs(X[at + k]))
                                                        : X[at + k] == clean[at + k]);
                }
        }
    }

    void published_sizes()
    {
        parameters2d p{ { 32, 16 }, { 32, 16 } };
        p.tail = tail::floor;
        CPPUNIT_ASSERT_EQUAL(std::int64_t(65), p.rows().frames(1024));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(97), p.columns().frames(1536));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(62), p.rows().frames(981));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(47), p.columns().frames(736));
        CPPUNIT_ASSERT_EQUAL(std::size_t(97 * 17 * 32), stft2d<float>(p, 1536).frame_row_size());
        p.tail = tail::ceil;
        CPPUNIT_ASSERT_EQUAL(std::int64_t(63), p.rows().frames(981));
    }

    void illegal_parameters_are_refused()
    {
        const parameters2d good{ { 8, 4 }, { 6, 3 } };
        const auto refused = [&](const std::string& message, auto change, std::size_t width = 20) {
            auto p = good;
            change(p);
            qa::assert_refused(message, [&] { stft2d<float>(p, width); });
            qa::assert_refused(message, [&] { istft2d<float>(p, width); });
        };
        refused("hop: 0: must be 1 .. 2^40 samples", [](auto& p) { p.height.hop = 0; });
        refused("win_length: 0: must be 1 .. 2^28 samples",
                [](auto& p) { p.width.win_length = 0; });
        refused("win_length: 8: must be 1 .. n_fft = 7", [](auto& p) { p.height.n_fft = 7; });
        refused("window: complex taps: must be real for images", [](auto& p) {
            p.width = { 2, 1, 2, window(std::vector<std::complex<double>>{ { 1, 0 }, { 0, 1 } }) };
        });
        refused("window: -0.5: must not be negative under win_sqrt", [](auto& p) {
            p.height = { 2, 1, 2, window(std::vector<double>{ 1, -0.5 }) };
            p.win_sqrt = true;
        });
        refused(
            "width: 0: must be 1 .. 2^28", [](auto&) {}, 0);
        refused(
            "width: 5: holds no frame of win_length = 6",
            [](auto& p) {
                p.centred = false;
                p.tail = tail::floor;
            },
            5);
        refused(
            "pad: reflect: needs width > 3 samples of padding, not 3",
            [](auto& p) {
                p.pad = pad::reflect;
                p.tail = tail::floor;
            },
            3);
        qa::assert_refused("threshold: 1: must be 0 <= threshold < 1",
                           [&] { istft2d<float>(good, 20, 1); });
        auto mirrored = good;
        mirrored.pad = pad::reflect;
        qa::assert_refused("pad: reflect: needs height > 4 samples of padding, not 4", [&] {
            std::vector<float> image(4 * 20);
            std::vector<std::complex<float>> X(1000);
            stft2d<float>(mirrored, 20).analyse(image.data(), 4, X.data());
        });
        mirrored.height.hop = std::size_t(1) << 40;
        qa::assert_refused("hop: 1099511627776: with pad reflect and tail ceil keeps more than 512 "
                           "MiB of rows",
                           [&] { stft2d<float>(mirrored, 20); });
        for (const auto& [name, call] : std::vector<std::pair<std::string, std::function<void()>>>{
                 { "pad: wrap: must be constant, reflect or edge", [] { pad_named("wrap"); } },
                 { "tail: round: must be floor or ceil", [] { tail_named("round"); } },
                 { "offset: left: must be trailing or centred", [] { fill_named("left"); } } })
            qa::assert_refused(name, call);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_stft2d);
