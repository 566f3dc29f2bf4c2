/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "patch_analysis.h"
#include "qa/patch_support.h"

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

//! The two steps of the forward 2-D STFT, each by itself, against plain sums.
class qa_patch_analysis : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_patch_analysis);
    CPPUNIT_TEST(a_row_spectrum_is_the_sum_of_its_definition);
    CPPUNIT_TEST(patches_are_the_sums_over_their_row_spectra);
    CPPUNIT_TEST(a_null_row_is_a_row_of_zeros);
    CPPUNIT_TEST(scale_and_edge_multiply_the_spectra);
    CPPUNIT_TEST(earlier_rows_and_patches_leave_no_trace);
    CPPUNIT_TEST_SUITE_END();

    static constexpr double scale = 0.3, edge = 0.7;

    template <class R>
    using spectrum_of = volk::vector<std::complex<R>>;

    template <class R>
    static std::vector<R> padded_row_for(const patch_layout& l, unsigned seed)
    {
        return qa::noise<R>(l.padded_width, seed);
    }

    /*!
     * A row spectrum as patch_layout describes it, from spectra [n][k] of real frames: bins 0 .. (n_fft - 1) / 2 for
     * odd n_fft, else the DFT of f[2 i] + j f[2 i + 1], halved, which is ((X[k] + X[k + h]) + j r^k (X[k] - X[k + h])) / 4
     * with r = exp(2j pi / n_fft) and h = n_fft / 2.
     */
    static values packed(const values& spectra, const patch_layout& l)
    {
        values row;
        for (std::size_t n = 0; n < l.frames; ++n) {
            const auto* X = spectra.data() + n * l.column_bins;
            for (std::size_t k = 0; k < l.columns; ++k) {
                if (!l.paired) {
                    row.push_back(X[k]);
                    continue;
                }
                const auto j_root =
                    value(0, 1) *
                    std::conj(qa::twiddle(1, static_cast<std::int64_t>(k), l.column_bins));
                const auto low = X[k], high = X[k + l.columns];
                row.push_back((low + high + j_root * (low - high)) / 4.0);
            }
        }
        return row;
    }

    //! Room for a row spectrum, filled with what may not be seen in results.
    template <class R>
    static spectrum_of<R> room(const patch_layout& l, R with = 0)
    {
        return spectrum_of<R>(l.row_size, std::complex<R>(with, with));
    }

    //! win_length padded rows, their exact spectra [n][k], and these as patches() takes them.
    template <class R>
    struct rows_of {
        std::vector<values> exact;
        std::vector<spectrum_of<R>> spectra;
        std::vector<const std::complex<R>*> pointers;

        rows_of(const qa::plain_patches& plain, const patch_layout& l)
        {
            for (std::size_t i = 0; i < plain.h.win_length(); ++i) {
                exact.push_back(plain.row(
                    qa::exactly(padded_row_for<double>(l, static_cast<unsigned>(i + 1)))));
                spectra.push_back(room<R>(l));
                const auto row = packed(exact.back(), l);
                for (std::size_t k = 0; k < row.size(); ++k)
                    spectra.back()[k] = std::complex<R>(row[k]);
            }
            for (const auto& one : spectra)
                pointers.push_back(one.data());
        }
    };

    template <class R>
    static std::vector<std::complex<R>> patches_of(patch_analysis<R>& analysis,
                                                   const rows_of<R>& rows)
    {
        const auto& l = analysis.layout();
        std::vector<std::complex<R>> spectra(l.frames * l.patch_size());
        analysis.patches(rows.pointers.data(), spectra.data());
        return spectra;
    }

public:
    void a_row_spectrum_is_the_sum_of_its_definition()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            patch_analysis<R> analysis(c.rows(), c.columns(), c.samples);
            const auto& l = analysis.layout();
            const qa::plain_patches plain(c, l.frames);
            const auto padded = padded_row_for<R>(l, 1);
            auto spectrum = room<R>(l, 7);
            analysis.row(padded.data(), spectrum.data());
            const auto expected = packed(plain.row(qa::exactly(padded)), l);
            const auto end = spectrum.begin() + static_cast<std::ptrdiff_t>(expected.size());
            qa::assert_near(
                expected, std::vector<std::complex<R>>(spectrum.begin(), end), qa::limit<R>, what);
            // the patches that fill FFTW's vectors are zero
            for (auto i = expected.size(); i < l.transformed * l.columns; ++i)
                CPPUNIT_ASSERT_MESSAGE(what, spectrum[i] == std::complex<R>());
        });
    }

    void patches_are_the_sums_over_their_row_spectra()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            patch_analysis<R> analysis(c.rows(), c.columns(), c.samples);
            const qa::plain_patches plain(c, analysis.layout().frames);
            const rows_of<R> rows(plain, analysis.layout());
            qa::assert_near(
                plain.patches(rows.exact), patches_of(analysis, rows), qa::limit<R>, what);
        });
    }

    void a_null_row_is_a_row_of_zeros()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            patch_analysis<R> analysis(c.rows(), c.columns(), c.samples);
            const qa::plain_patches plain(c, analysis.layout().frames);
            rows_of<R> rows(plain, analysis.layout());
            patches_of(analysis, rows);
            for (std::size_t i = 0; i < rows.exact.size(); i += 2) {
                rows.pointers[i] = nullptr;
                std::fill(rows.exact[i].begin(), rows.exact[i].end(), value(0));
            }
            const auto expected = plain.patches(rows.exact);
            const auto found = patches_of(analysis, rows);
            if (rows.exact.size() > 1)
                qa::assert_near(expected, found, qa::limit<R>, what);
            else
                CPPUNIT_ASSERT_MESSAGE(what, qa::exactly(found) == expected);
        });
    }

    void scale_and_edge_multiply_the_spectra()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            patch_analysis<R> analysis(c.rows(), c.columns(), c.samples, scale, edge);
            const auto& l = analysis.layout();
            const qa::plain_patches plain(c, l.frames);
            const rows_of<R> rows(plain, l);
            auto expected = plain.patches(rows.exact);
            for (std::size_t i = 0; i < expected.size(); ++i)
                expected[i] *= scale * (plain.at_edge(i / l.column_bins % l.row_bins) ? edge : 1);
            qa::assert_near(expected, patches_of(analysis, rows), qa::limit<R>, what);
        });
    }

    void earlier_rows_and_patches_leave_no_trace()
    {
        qa::for_patches([](auto zero, const qa::patch_case& c, const std::string& what) {
            using R = decltype(zero);
            patch_analysis<R> fresh(c.rows(), c.columns(), c.samples);
            patch_analysis<R> used(c.rows(), c.columns(), c.samples);
            const auto& l = fresh.layout();
            const rows_of<R> rows(qa::plain_patches(c, l.frames), l);
            auto loud = padded_row_for<R>(l, 9);
            for (auto& sample : loud)
                sample *= R(1e6);
            auto spectrum = room<R>(l), other = room<R>(l);
            used.row(loud.data(), other.data());
            std::vector<const std::complex<R>*> louder(rows.pointers.size(), other.data());
            std::vector<std::complex<R>> spectra(l.frames * l.patch_size());
            used.patches(louder.data(), spectra.data());

            const auto padded = padded_row_for<R>(l, 1);
            fresh.row(padded.data(), spectrum.data());
            used.row(padded.data(), other.data());
            CPPUNIT_ASSERT_MESSAGE(what, spectrum == other);
            CPPUNIT_ASSERT_MESSAGE(what, patches_of(fresh, rows) == patches_of(used, rows));
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_patch_analysis);
