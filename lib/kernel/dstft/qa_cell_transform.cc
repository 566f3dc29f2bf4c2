/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cell_transform.h"
#include "qa/cell_support.h"

using namespace gr::stft::kernel;
using qa::plain_dstft;

//! Which of the three ways computes a frame: the results have the bits of that way's class. And all are plain sums.
class qa_cell_transform : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_cell_transform);
    CPPUNIT_TEST(every_way_gives_plain_sums);
    CPPUNIT_TEST(frames_alone_take_ffts_or_direct_sums);
    CPPUNIT_TEST(close_hann_frames_are_recursive_unless_few_ffts_do);
    CPPUNIT_TEST(windows_other_than_hann_are_never_recursive);
    CPPUNIT_TEST(outer_bins_take_ffts_and_inner_ones_direct_sums);
    CPPUNIT_TEST(gradients_and_energies_are_plain_sums);
    CPPUNIT_TEST(gradients_by_theta_and_t_are_products_with_the_derivatives);
    CPPUNIT_TEST_SUITE_END();

    enum class way { ffts, recursive, direct };

    static std::string text(way which)
    {
        return which == way::ffts ? "FFTs" : which == way::recursive ? "recursive" : "direct";
    }

    using design = qa::cell_design;

    //! Lengths that differ from bin to bin, long enough that close frames follow.
    static std::vector<double> different(std::size_t bins, std::size_t n_fft)
    {
        std::vector<double> theta;
        for (std::size_t m = 0; m < bins; ++m)
            theta.push_back(static_cast<double>(n_fft) *
                            (0.6 + 0.003 * static_cast<double>(m % 101)));
        return theta;
    }

    //! Returns lengths in this number of bands, which fall from n_fft to 0.6 n_fft.
    static std::vector<double> banded(std::size_t bins, std::size_t n_fft, std::size_t bands)
    {
        std::vector<double> lengths;
        for (std::size_t b = 0; b < bands; ++b)
            lengths.push_back(static_cast<double>(n_fft) *
                              (1 - 0.4 * static_cast<double>(b) / static_cast<double>(bands)));
        return qa::bands_of(bins, lengths);
    }

    //! The transform, and each of the ways by itself.
    template <class T>
    struct ways {
        design d;
        std::vector<double> theta;
        cell_transform<T> transform;
        cell_norms<real_t<T>> norms;
        bands_fft<T> bands;
        cells_recursive<T> recursive;
        cells_direct<T> direct;

        ways(const design& of, std::vector<double> lengths)
            : d(of), theta(std::move(lengths)), transform(d.n_fft, d.window, d.scale),
              norms(theta.size(), d.n_fft, d.window, d.scale), bands(d.n_fft, d.window, d.scale),
              recursive(d.n_fft, d.scale), direct(d.n_fft, d.window)
        {}

        template <class F>
        qa::cell_rows<T> rows(F analyse) const
        {
            qa::cell_rows<T> all(theta.size());
            analyse(all.S.data(), all.by_theta.data(), all.by_t.data());
            return all;
        }

        qa::cell_rows<T> chosen(const excerpt<T>& x, const position& t)
        {
            return rows([&](auto*... to) { transform.analyse(x, t, theta.data(), to...); });
        }

        qa::cell_rows<T> by_ffts(const excerpt<T>& x, const position& t)
        {
            const auto plan = band_plan::of_all_bins(theta.data(), theta.size(), d.n_fft);
            return rows([&](auto*... to) { bands.analyse(plan, x, t, to...); });
        }

        qa::cell_rows<T> by_direct_sums(const excerpt<T>& x, const position& t)
        {
            return rows([&](auto*... to) {
                direct.analyse(x, t, theta.data(), norms.of(t.fraction, theta.data()), 0, to...);
            });
        }

        //! Computes the frame, or zeros if it does not follow; needs every frame, in order.
        qa::cell_rows<T> by_recursive_sums(const excerpt<T>& x, const position& t)
        {
            return rows([&](auto*... to) { recursive.analyse(x, t, theta.data(), norms, to...); });
        }
    };

    //! Frames a step of 0.5 apart; the ways from the first frame on, the last one for all that follow.
    template <class T>
    static void assert_ways(const std::vector<way>& expected,
                            const design& d,
                            const std::vector<double>& theta,
                            const std::string& what)
    {
        ways<T> of(d, theta);
        const auto x = qa::noise<T>(700, 3);
        const auto all = qa::excerpt_of(x);
        position t{ 300, 0.25 };
        for (std::size_t n = 0; n < 6; ++n, t = t + 0.5) {
            const auto which = expected[std::min(n, expected.size() - 1)];
            const auto recursive = of.by_recursive_sums(all, t);
            const auto twin = which == way::ffts     ? of.by_ffts(all, t)
                              : which == way::direct ? of.by_direct_sums(all, t)
                                                     : recursive;
            CPPUNIT_ASSERT_MESSAGE(qa::text<T>(d) + ", " + what + ", frame " + std::to_string(n) +
                                       " is not by " + text(which),
                                   twin == of.chosen(all, t));
        }
    }

public:
    void every_way_gives_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& d : { design{ 2, "hann", norm::l2 },
                                   { 3, "hann", norm::peak },
                                   { 7, "hann", norm::dcunit },
                                   { 16, "blackman", norm::l2 },
                                   { 61, "hann", norm::l1 },
                                   { 128, "hann", norm::dcunit },
                                   { 126, "sine", norm::contract },
                                   { 131, "hann", norm::l2 } }) {
                const plain_dstft plain(d.n_fft, d.window, d.scale);
                const auto count = bins<T>(d.n_fft);
                const std::vector<qa::named_lengths> fields{
                    { "two bands", banded(count, d.n_fft, 2) },
                    { "seven bands", banded(count, d.n_fft, 7) },
                    { "a length for each bin", different(count, d.n_fft) },
                    { "very short ones, too", qa::lengths_of_each_bin(count, d.n_fft) }
                };
                const auto x = qa::noise<T>(d.n_fft + 100, 3);
                for (const auto& field : fields) {
                    ways<T> of(d, field.theta);
                    position t{ 40, 0.25 };
                    for (int n = 0; n < 8; t = t + (n < 5 ? 0.5 : 30.125), ++n) {
                        const auto rows = of.chosen(qa::excerpt_of(x), t);
                        if (n % 3 == 0)
                            qa::assert_plain_rows(plain,
                                                  x,
                                                  t,
                                                  field.theta,
                                                  rows,
                                                  qa::text<T>(d) + ", " + field.name + ", frame " +
                                                      std::to_string(n));
                    }
                }
            }
        });
    }

    void frames_alone_take_ffts_or_direct_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const auto count = bins<T>(256);
            const auto assert_alone = [&](way which, const char* window, auto theta, auto what) {
                const design d{ 256, window, norm::l2 };
                ways<T> of(d, theta);
                const auto x = qa::noise<T>(700, 3);
                for (const position& t : { position{ 300, 0.25 }, { 100, 0 }, { 500, 0.75 } })
                    CPPUNIT_ASSERT_MESSAGE(
                        qa::text<T>(d) + ", " + what + " is not by " + text(which),
                        (which == way::ffts ? of.by_ffts(qa::excerpt_of(x), t)
                                            : of.by_direct_sums(qa::excerpt_of(x), t)) ==
                            of.chosen(qa::excerpt_of(x), t));
            };
            for (const char* window : { "hann", "blackman" }) {
                assert_alone(way::ffts, window, banded(count, 256, 1), "one band");
                assert_alone(way::ffts, window, banded(count, 256, 4), "four bands");
                assert_alone(way::ffts, window, banded(count, 256, 6), "six bands");
                assert_alone(way::direct, window, qa::bands_of(count, { 9, 12 }), "short windows");
                assert_alone(way::direct, window, different(count, 256), "a length for each bin");
            }
        });
    }

    void close_hann_frames_are_recursive_unless_few_ffts_do()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const design d{ 256, "hann", norm::l2 };
            const auto count = bins<T>(256);
            const auto direct = way::direct, recursive = way::recursive, ffts = way::ffts;
            assert_ways<T>({ direct, direct, recursive }, d, different(count, 256), "different");
            assert_ways<T>({ ffts }, d, banded(count, 256, 1), "one band");
            assert_ways<T>({ ffts }, d, banded(count, 256, 4), "four bands");
            assert_ways<T>({ ffts, ffts, recursive }, d, banded(count, 256, 5), "five bands");
            assert_ways<T>({ ffts, ffts, recursive }, d, banded(count, 256, 6), "six bands");
        });
    }

    void windows_other_than_hann_are_never_recursive()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const auto count = bins<T>(256);
            for (const auto& family : qa::plain_families) {
                const design d{ 256, family.name, norm::l2 };
                if (family.name == std::string("hann"))
                    continue;
                assert_ways<T>({ way::direct }, d, different(count, 256), "different");
                assert_ways<T>({ way::ffts }, d, banded(count, 256, 6), "six bands");
            }
        });
    }

    template <class R>
    static void
    assert_outer(std::size_t n_fft, std::size_t low, std::size_t high, std::size_t outer)
    {
        const design d{ n_fft, "blackman", norm::l2 };
        const auto count = n_fft / 2 + 1;
        const auto N = static_cast<double>(n_fft);
        auto theta = different(count, n_fft);
        std::fill_n(theta.begin(), low, N);
        std::fill_n(theta.rbegin(), high, 0.9 * N);
        ways<R> of(d, theta);
        const auto x = qa::noise<R>(2 * n_fft);
        const position t{ static_cast<std::int64_t>(n_fft), 0.5 };
        const auto all = qa::excerpt_of(x);
        const auto chosen = of.chosen(all, t), direct = of.by_direct_sums(all, t);
        const auto what =
            qa::text<R>(d) + ", " + std::to_string(low) + " and " + std::to_string(high);
        const auto last = outer < count - outer ? outer : count;
        CPPUNIT_ASSERT_MESSAGE(what + ", inner bins",
                               chosen.same_bins(direct, outer, count - outer));
        for (std::size_t m = 0; m < last && outer > 0; ++m)
            for (const auto bin : { m, count - 1 - m })
                CPPUNIT_ASSERT_MESSAGE(what + ", bin " + std::to_string(bin),
                                       std::abs(chosen.S[bin] - direct.S[bin]) <
                                           100 * std::numeric_limits<R>::epsilon() * 16);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(
            what + ", outer bins", outer == 0, chosen.same_bins(direct, 0, count));
        const auto plan = band_plan::of_outer_bins(theta.data(), count, n_fft, of.direct.granule());
        const auto ffts = of.rows([&](auto*... to) { of.bands.analyse(plan, all, t, to...); });
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, outer, plan.outer());
        CPPUNIT_ASSERT_MESSAGE(what + ", lowest bins", chosen.same_bins(ffts, 0, outer));
        CPPUNIT_ASSERT_MESSAGE(what + ", highest bins",
                               chosen.same_bins(ffts, count - outer, count));
    }

    void outer_bins_take_ffts_and_inner_ones_direct_sums()
    {
        assert_outer<float>(512, 70, 50, 48);
        assert_outer<float>(512, 50, 70, 48);
        assert_outer<float>(512, 15, 70, 0); // less than a vector
        assert_outer<double>(512, 70, 50, 48);
        assert_outer<double>(510, 41, 47, 40);
        assert_outer<double>(512, 16, 16, 0); // too few to pay
    }

    void gradients_and_energies_are_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& d : { design{ 2, "hann", norm::l2 },
                                   { 7, "hann", norm::peak },
                                   { 64, "blackman", norm::dcunit },
                                   { 127, "hann", norm::l1 } }) {
                const plain_dstft plain(d.n_fft, d.window, d.scale);
                const auto count = bins<T>(d.n_fft);
                for (const auto& field :
                     { qa::named_lengths{ "two bands", banded(count, d.n_fft, 2) },
                       { "different", different(count, d.n_fft) } }) {
                    cell_transform<T> transform(d.n_fft, d.window, d.scale);
                    const auto what = qa::text<T>(d) + ", " + field.name;
                    const std::size_t length = d.n_fft + 30;
                    const position t{ static_cast<std::int64_t>(length / 2), 0.25 };
                    const auto end = static_cast<std::int64_t>(length);

                    const auto G = qa::noise<qa::complex_of<T>>(count, 3);
                    std::vector<T> gradient(length, T(1));
                    transform.pull_back({ nullptr, 0, end },
                                        t,
                                        field.theta.data(),
                                        G.data(),
                                        nullptr,
                                        nullptr,
                                        gradient.data());
                    qa::assert_plain_gradient(plain, G, t, field.theta, gradient, what);

                    const auto weight = qa::bin_weights<real_t<T>>(count);
                    std::vector<double> energy(length, 0);
                    transform.energy(t, field.theta.data(), weight.data(), 0, end, energy.data());
                    qa::assert_plain_energies<T>(plain, weight, t, field.theta, energy, what);
                }
            }
        });
    }

    void gradients_by_theta_and_t_are_products_with_the_derivatives()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const design d{ 130, "hann", norm::l2 };
            const auto count = bins<T>(d.n_fft);
            for (const auto& field : { qa::named_lengths{ "two bands", banded(count, d.n_fft, 2) },
                                       { "different", different(count, d.n_fft) } }) {
                ways<T> of(d, field.theta);
                cell_transform<T> twin(d.n_fft, d.window, d.scale);
                const auto x = qa::noise<T>(300);
                const auto all = qa::excerpt_of(x);
                const auto G = qa::noise<qa::complex_of<T>>(count, 3);
                position t{ 100, 0.25 };
                for (int n = 0; n < 5; ++n, t = t + 1) {
                    const auto rows = of.chosen(all, t);
                    std::vector<double> expected(count, 1), found(count, 1);
                    double expected_t = 1, found_t = 1;
                    const auto product = [](const qa::value& a, const qa::value& b) {
                        return a.real() * b.real() + a.imag() * b.imag();
                    };
                    for (std::size_t m = 0; m < count; ++m) {
                        expected[m] += product(G[m], rows.by_theta[m]);
                        expected_t += product(G[m], rows.by_t[m]);
                    }
                    twin.pull_back(
                        all, t, field.theta.data(), G.data(), found.data(), &found_t, nullptr);
                    const auto what =
                        qa::text<T>(d) + ", " + field.name + ", frame " + std::to_string(n);
                    CPPUNIT_ASSERT_MESSAGE(what + ", dL/dtheta", expected == found);
                    CPPUNIT_ASSERT_EQUAL_MESSAGE(what + ", dL/dt", expected_t, found_t);
                }
            }
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_cell_transform);
