/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "patch_analysis.h"
#include "patch_synthesis.h"
#include "qa/patch_support.h"

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

//! The inverse's two steps against plain sums of the patches.
class qa_patch_synthesis : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_patch_synthesis);
    CPPUNIT_TEST(rows_are_the_overlapped_patches);
    CPPUNIT_TEST(a_row_that_is_skipped_changes_no_other_one);
    CPPUNIT_TEST(frames_of_a_row_have_no_window);
    CPPUNIT_TEST(positions_follow_the_patches);
    CPPUNIT_TEST(chunks_hold_the_patches_transformed_along_the_height);
    CPPUNIT_TEST(synthesis_is_the_transpose_of_analysis);
    CPPUNIT_TEST_SUITE_END();

    static constexpr double scale = 0.3, edge = 0.7;
    static constexpr std::int64_t patch_rows = 4;

    template <class R>
    static patch_synthesis<R> synthesis_of(const qa::patch_case& c)
    {
        return { c.rows(), c.columns(), c.samples, scale, edge };
    }

    //! Spectra of the patches of one row of them, any complex numbers.
    template <class R>
    static std::vector<std::complex<R>> spectra(const patch_layout& l, std::int64_t m)
    {
        return qa::noise<std::complex<R>>(l.frames * l.patch_size(), static_cast<unsigned>(m + 1));
    }

    /*!
     * The rows that patch_rows rows of patches give by the definition, from the first one on: padded rows if `windowed`,
     * else the samples of each frame, [frame][n_fft].
     */
    template <class R>
    static std::vector<values>
    expected_rows(const qa::patch_case& c, const patch_layout& l, bool windowed = true)
    {
        const qa::plain_patches plain(c, l.frames);
        const auto &h = plain.h, &w = plain.w;
        const auto count = static_cast<std::size_t>(patch_rows - 1) * h.hop() + h.win_length();
        std::vector<values> rows(count, values(windowed ? l.padded_width : l.frames * w.n_fft()));
        for (std::int64_t m = 0; m < patch_rows; ++m) {
            const auto v = plain.samples(qa::exactly(spectra<R>(l, m)), edge);
            for (std::size_t i = 0; i < h.win_length(); ++i) {
                auto& row = rows[static_cast<std::size_t>(m) * h.hop() + i];
                for (std::size_t n = 0; n < l.frames; ++n) {
                    const auto* line = v.data() + (n * h.n_fft() + i + h.offset()) * w.n_fft();
                    const double factor = scale * h.taps()[i];
                    if (windowed)
                        for (std::size_t j = 0; j < w.win_length(); ++j)
                            row[n * w.hop() + j] += factor * w.taps()[j] * line[j + w.offset()];
                    else
                        for (std::size_t b = 0; b < w.n_fft(); ++b)
                            row[n * w.n_fft() + b] += factor * line[b];
                }
            }
        }
        return rows;
    }

    /*!
     * Adds patch_rows rows of patches; before the next one and at the end, calls read() for each row that is final, which
     * must read it.
     */
    template <class R, class F>
    static void add_and_read(patch_synthesis<R>& synthesis, F read)
    {
        for (std::int64_t m = 0; m < patch_rows; ++m) {
            const auto row = spectra<R>(synthesis.layout(), m);
            synthesis.add(row.data());
            const auto end = m + 1 < patch_rows ? synthesis.final_end() : synthesis.covered_end();
            while (synthesis.next() < end)
                read();
        }
    }

public:
    void rows_are_the_overlapped_patches()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            auto synthesis = synthesis_of<R>(c);
            const auto& l = synthesis.layout();
            const auto expected = expected_rows<R>(c, l);
            values all, found;
            for (const auto& row : expected)
                all.insert(all.end(), row.begin(), row.end());
            add_and_read(synthesis, [&] {
                std::vector<R> padded(l.padded_width, R(7));
                synthesis.read(padded.data());
                found.insert(found.end(), padded.begin(), padded.end());
            });
            qa::assert_near(all, found, qa::limit<R>, what);
        });
    }

    void a_row_that_is_skipped_changes_no_other_one()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            auto whole = synthesis_of<R>(c), some = synthesis_of<R>(c);
            const auto& l = whole.layout();
            std::vector<std::vector<R>> rows;
            add_and_read(whole, [&] {
                rows.emplace_back(l.padded_width);
                whole.read(rows.back().data());
            });
            std::size_t i = 0;
            add_and_read(some, [&] {
                std::vector<R> padded(l.padded_width);
                const bool skipped = i % 3 == 1;
                some.read(skipped ? nullptr : padded.data());
                const auto which = what + ", row " + std::to_string(i);
                CPPUNIT_ASSERT_MESSAGE(which, skipped || padded == rows[i]);
                ++i;
            });
            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, rows.size(), i);
        });
    }

    void frames_of_a_row_have_no_window()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            auto synthesis = synthesis_of<R>(c);
            const auto& l = synthesis.layout();
            const auto expected = expected_rows<R>(c, l, false);
            values all, found;
            std::size_t i = 0;
            add_and_read(synthesis, [&] {
                if (synthesis.next() < synthesis.covered_end()) { // else it is between patches
                    const auto* samples = synthesis.frames();
                    found.insert(found.end(), samples, samples + l.frames * l.column_bins);
                    all.insert(all.end(), expected[i].begin(), expected[i].end());
                }
                synthesis.read(nullptr);
                ++i;
            });
            qa::assert_near(all, found, qa::limit<R>, what);
        });
    }

    void positions_follow_the_patches()
    {
        for (const auto& c : qa::patch_cases) {
            auto synthesis = synthesis_of<float>(c);
            const auto axis = c.rows();
            const auto hop = static_cast<std::int64_t>(axis.hop());
            const auto first = c.centred ? -static_cast<std::int64_t>(axis.win_length() / 2) : 0;
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, first, synthesis.next());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, first, synthesis.covered_end());
            for (std::int64_t m = 0; m < patch_rows; ++m) {
                const auto what = std::string(c.name) + ", row of patches " + std::to_string(m);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(what, m, synthesis.added());
                CPPUNIT_ASSERT_EQUAL_MESSAGE(what, first + m * hop, synthesis.final_end());
                const auto row = spectra<float>(synthesis.layout(), m);
                synthesis.add(row.data());
                const auto end = first + m * hop + static_cast<std::int64_t>(axis.win_length());
                CPPUNIT_ASSERT_EQUAL_MESSAGE(what, end, synthesis.covered_end());
                while (synthesis.next() < synthesis.final_end()) {
                    const auto before = synthesis.next();
                    synthesis.read(nullptr);
                    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, before + 1, synthesis.next());
                }
            }
        }
    }

    //! Number `column` of patch n in row a of a chunk: the packed sums along the height.
    static value transformed(const qa::plain_patches& plain,
                             const patch_layout& l,
                             const values& X,
                             std::size_t n,
                             std::size_t a,
                             std::size_t column)
    {
        const auto V = [&](std::size_t kw) {
            const auto opposite = kw ? l.column_bins - kw : 0;
            value sum = 0;
            for (std::size_t kh = 0; kh < l.row_bins; ++kh) {
                const auto* row = X.data() + n * l.patch_size() + kh * l.column_bins;
                const double factor = plain.at_edge(kh) ? edge : 1;
                const auto twiddle = std::conj(plain.h_twiddles[kh][a]);
                sum += factor * (row[kw] * twiddle + std::conj(row[opposite] * twiddle));
            }
            return sum;
        };
        if (!l.paired)
            return V(column);
        const auto low = V(column), high = V(column + l.columns);
        const auto root =
            std::conj(qa::twiddle(1, static_cast<std::int64_t>(column), l.column_bins));
        return low + high + value(0, 1) * root * (low - high);
    }

    void chunks_hold_the_patches_transformed_along_the_height()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            auto synthesis = synthesis_of<R>(c);
            const auto& l = synthesis.layout();
            const qa::plain_patches plain(c, l.frames);
            const auto frame_row = spectra<R>(l, 0);
            const auto X = qa::exactly(frame_row);
            values expected, found;
            for (std::size_t first = 0; first < l.frames; first += l.group) {
                synthesis.fold_group(frame_row.data(), first);
                const auto end = std::min(l.group, l.frames - first) * l.columns;
                for (std::size_t chunk = 0; chunk < l.chunks; ++chunk) {
                    const auto* in = synthesis.transform_chunk(chunk);
                    for (std::size_t i = 0; i < l.chunk && chunk * l.chunk + i < end; ++i)
                        for (std::size_t a = 0; a < l.row_points; ++a) {
                            const auto at = chunk * l.chunk + i;
                            expected.push_back(transformed(
                                plain, l, X, first + at / l.columns, a, at % l.columns));
                            found.emplace_back(in[a * l.chunk + i]);
                        }
                }
            }
            qa::assert_near(expected, found, qa::limit<R>, what);
        });
    }

    void synthesis_is_the_transpose_of_analysis()
    {
        for (const auto& c : qa::patch_cases) {
            patch_analysis<double> analysis(c.rows(), c.columns(), c.samples, 2 * scale, edge);
            auto synthesis = synthesis_of<double>(c);
            const auto& l = synthesis.layout();
            const auto win_length = c.rows().win_length();
            std::vector<std::vector<double>> padded_rows;
            std::vector<volk::vector<std::complex<double>>> rows;
            std::vector<const std::complex<double>*> pointers;
            for (std::size_t i = 0; i < win_length; ++i) {
                padded_rows.push_back(
                    qa::noise<double>(l.padded_width, static_cast<unsigned>(i + 40)));
                rows.emplace_back(l.row_size);
                analysis.row(padded_rows.back().data(), rows.back().data());
            }
            for (const auto& row : rows)
                pointers.push_back(row.data());
            std::vector<std::complex<double>> X(l.frames * l.patch_size());
            analysis.patches(pointers.data(), X.data());

            const auto Y = spectra<double>(l, 0);
            synthesis.add(Y.data());
            double there = 0, back = 0;
            for (std::size_t i = 0; i < X.size(); ++i)
                there += (std::conj(Y[i]) * X[i]).real();
            for (std::size_t i = 0; i < win_length; ++i) {
                std::vector<double> y(l.padded_width);
                synthesis.read(y.data());
                for (std::size_t n = 0; n < l.padded_width; ++n)
                    back += y[n] * padded_rows[i][n];
            }
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                c.name, there, back, 1e-11 * static_cast<double>(X.size()));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_patch_synthesis);
