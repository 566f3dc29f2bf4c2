/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/stft/power.h>
#include <array>
#include <limits>

using namespace gr::stft::kernel;

namespace {

constexpr std::size_t sizes[]{ 1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 31, 64 };
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

template <class F>
void for_both_precisions(F f)
{
    f(float());
    f(double());
}

power_parameters of_kind(power_kind kind, std::uint64_t average = 1)
{
    power_parameters p;
    p.kind = kind;
    p.average = average;
    return p;
}

//! A stage for one-bin spectra, so that a row is a number.
template <class R>
class one_bin
{
public:
    explicit one_bin(const power_parameters& p) : d_power(1, 1, p) {}

    //! The row that a spectrum of this amplitude completes; NaN if there is none.
    double add(double amplitude)
    {
        const std::complex<R> bin(static_cast<R>(amplitude));
        R row = 0;
        return d_power.add(&bin, &row) ? static_cast<double>(row) : not_a_number;
    }

    double flush()
    {
        R row = 0;
        return d_power.flush(&row) ? static_cast<double>(row) : not_a_number;
    }

    power<R>* operator->() { return &d_power; }

private:
    power<R> d_power;
};

void assert_row(double expected, double row)
{
    CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, row, 1e-6 * expected);
}

void assert_no_row(double row) { CPPUNIT_ASSERT(std::isnan(row)); }

} // namespace

class qa_power : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_power);
    CPPUNIT_TEST(rows_are_powers_and_magnitudes);
    CPPUNIT_TEST(inner_bins_are_doubled);
    CPPUNIT_TEST(cosine_reads_its_power_and_its_amplitude);
    CPPUNIT_TEST(average_is_of_powers_in_double_precision);
    CPPUNIT_TEST(logarithm_follows_the_average);
    CPPUNIT_TEST(partial_row_is_weighted_by_its_count);
    CPPUNIT_TEST(average_may_change_within_a_row);
    CPPUNIT_TEST(factor_may_change);
    CPPUNIT_TEST(largest_rows_are_held);
    CPPUNIT_TEST(reset_forgets_the_largest);
    CPPUNIT_TEST(decibels_of_single_precision_are_right_to_1e_4);
    CPPUNIT_TEST(decibels_stop_at_minus_200);
    CPPUNIT_TEST(not_a_number_and_infinity_stay_in_their_bins);
    CPPUNIT_TEST(amplitudes_whose_squares_leave_the_type_are_right);
    CPPUNIT_TEST(rows_that_leave_the_range_change_no_other_row);
    CPPUNIT_TEST(far_rows_are_averaged_and_held_with_near_ones);
    CPPUNIT_TEST(alignment_changes_no_bit);
    CPPUNIT_TEST(kinds_name_their_scaling);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void rows_are_powers_and_magnitudes()
    {
        for_both_precisions([](auto zero) {
            using R = decltype(zero);
            for (auto n : sizes) {
                const qa::context in_n("n", n);
                for (double factor : { 1.0, 0.3 }) {
                    const qa::context in_factor("factor", factor);
                    const auto spectrum = qa::noise<std::complex<R>>(n);
                    for (auto kind :
                         { power_kind::psd, power_kind::power, power_kind::magnitude }) {
                        const qa::context in_kind("kind", kind);
                        for (bool db : { false, true }) {
                            const qa::context in_db("db", db);
                            auto p = of_kind(kind);
                            p.factor = factor;
                            p.db = db;
                            std::vector<R> row(n);
                            CPPUNIT_ASSERT(power<R>(n, n, p).add(spectrum.data(), row.data()));
                            for (std::size_t k = 0; k < n; ++k) {
                                const qa::context in_k("k", k);
                                const double exact = factor * std::norm(qa::value(spectrum[k]));
                                const double expected = db ? 10 * std::log10(exact)
                                                        : kind == power_kind::magnitude
                                                            ? std::sqrt(exact)
                                                            : exact;
                                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                                    expected, row[k], db ? 1e-4 : 1e-6 * expected);
                            }
                        }
                    }
                }
            }
        });
    }

    void inner_bins_are_doubled()
    {
        for (auto n : sizes) {
            const qa::context in_n("n", n);
            const std::vector<std::complex<double>> ones(n / 2 + 1, 1);
            for (auto kind : { power_kind::psd, power_kind::power, power_kind::magnitude }) {
                const qa::context in_kind("kind", kind);
                auto p = of_kind(kind);
                p.doubled = true;
                std::vector<double> row(ones.size());
                power<double>(n, ones.size(), p).add(ones.data(), row.data());
                for (std::size_t k = 0; k < row.size(); ++k) {
                    const qa::context in_k("k", k); // but 0, and n / 2 where it exists
                    CPPUNIT_ASSERT_EQUAL(k == 0 || 2 * k == n ? 1.0 : 2.0, row[k]);
                }
            }
        }
    }

    void cosine_reads_its_power_and_its_amplitude()
    {
        // half of its amplitude is in the one-sided line
        const std::vector<std::complex<double>> line{ 0, 1.5, 0 };
        std::vector<double> row(3);
        auto p = of_kind(power_kind::magnitude);
        p.doubled = true;
        power<double>(4, 3, p).add(line.data(), row.data());
        CPPUNIT_ASSERT_EQUAL(3.0, row[1]);
        p.kind = power_kind::power;
        power<double>(4, 3, p).add(line.data(), row.data());
        CPPUNIT_ASSERT_EQUAL(4.5, row[1]);
    }

    void average_is_of_powers_in_double_precision()
    {
        for (auto kind : { power_kind::power, power_kind::magnitude }) {
            one_bin<float> stage(of_kind(kind, 1001));
            assert_no_row(stage.add(1e4)); // next to its power 1 is nothing in single precision
            for (int i = 0; i < 999; ++i)
                assert_no_row(stage.add(1));
            const double mean = (1e8 + 1000) / 1001;
            assert_row(kind == power_kind::magnitude ? std::sqrt(mean) : mean, stage.add(1));
            assert_no_row(stage.add(1)); // and a new row begins
        }
    }

    void logarithm_follows_the_average()
    {
        for_both_precisions([](auto zero) {
            for (auto kind : { power_kind::psd, power_kind::magnitude }) {
                const qa::context in_kind("kind", kind);
                auto p = of_kind(kind, 2);
                p.db = true;
                one_bin<decltype(zero)> stage(p);
                stage.add(1);
                // powers 1 and 9; the mean of the decibels would be 4.77
                CPPUNIT_ASSERT_DOUBLES_EQUAL(10 * std::log10(5.0), stage.add(3), 1e-4);
            }
        });
    }

    void partial_row_is_weighted_by_its_count()
    {
        for_both_precisions([](auto zero) {
            one_bin<decltype(zero)> stage(of_kind(power_kind::power, 4));
            assert_no_row(stage.flush());
            for (int round = 0; round < 2; ++round) {
                for (double amplitude : { 1, 2, 3 })
                    assert_no_row(stage.add(amplitude));
                assert_row(14 / 3.0, stage.flush());
                assert_no_row(stage.flush());
            }
            for (double amplitude : { 1, 2, 3 })
                stage.add(amplitude);
            assert_row(30 / 4.0, stage.add(4));
            assert_no_row(stage.flush());
        });
        one_bin<double> single(of_kind(power_kind::power));
        single.add(1);
        assert_no_row(single.flush());
        one_bin<double> shortened(of_kind(power_kind::power, 2));
        shortened.add(2);
        shortened->set_average(1);
        assert_row(4, shortened.flush());
        shortened->set_average(2);
        shortened.add(1);
        assert_row(1, shortened.add(1)); // nothing is left of the flushed row
    }

    void average_may_change_within_a_row()
    {
        for_both_precisions([](auto zero) {
            one_bin<decltype(zero)> stage(of_kind(power_kind::power, 2));
            assert_no_row(stage.add(1));
            stage->set_average(3); // longer
            assert_no_row(stage.add(2));
            assert_row(14 / 3.0, stage.add(3));
            assert_no_row(stage.add(1));
            assert_no_row(stage.add(2));
            stage->set_average(1); // shorter than what is there: the next one completes it
            assert_row(14 / 3.0, stage.add(3));
            assert_row(25, stage.add(5));
            stage->set_average(2);
            assert_no_row(stage.add(1));
            assert_row(5, stage.add(3));
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), stage->design().average);
        });
    }

    void factor_may_change()
    {
        one_bin<float> stage(of_kind(power_kind::power, 2));
        stage.add(1);
        stage->set_factor(3);
        assert_row(2, stage.add(1));
        stage.add(1);
        assert_row(3, stage.add(1));
    }

    void largest_rows_are_held()
    {
        for_both_precisions([](auto zero) {
            auto p = of_kind(power_kind::magnitude);
            p.max_hold = true;
            one_bin<decltype(zero)> stage(p);
            for (auto [amplitude, held] : { std::pair(2, 2), { 1, 2 }, { 3, 3 }, { 2, 3 } })
                assert_row(held, stage.add(amplitude));
            assert_row(3, stage.add(not_a_number)); // which nothing could ever replace
            assert_row(4, stage.add(4));

            p.average = 2;
            one_bin<decltype(zero)> averaging(p); // the rows are held, not the spectra
            averaging.add(1);
            assert_row(std::sqrt(13), averaging.add(5));
            averaging.add(4);
            assert_row(4, averaging.add(4));
        });
        auto p = of_kind(power_kind::power);
        p.max_hold = p.db = true;
        power<double> stage(2, 2, p);
        std::array<double, 2> row;
        const std::array<std::complex<double>, 2> first{ 1, 10 }, second{ 10, 1 };
        stage.add(first.data(), row.data());
        stage.add(second.data(), row.data());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(20, row[0], 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(20, row[1], 1e-12);
    }

    void reset_forgets_the_largest()
    {
        auto p = of_kind(power_kind::power, 2);
        p.max_hold = true;
        one_bin<float> stage(p);
        stage.add(3);
        assert_row(9, stage.add(3));
        stage.add(1);
        stage->reset(); // but not the row that is under way
        assert_row(2.5, stage.add(2));
    }

    void decibels_of_single_precision_are_right_to_1e_4()
    {
        // a float near 200 is good to 1.5e-5, and so is the logarithm
        const std::size_t n = 65536;
        std::vector<std::complex<float>> spectrum;
        for (std::size_t i = 0; i < n; ++i) {
            const double db = -199 + 250.0 * i / n;
            spectrum.emplace_back(std::polar(std::pow(10, db / 20), 0.1 * i));
        }
        auto p = of_kind(power_kind::power);
        p.db = true;
        std::vector<float> row(n);
        power<float>(n, n, p).add(spectrum.data(), row.data());
        double worst = 0;
        for (std::size_t i = 0; i < n; ++i)
            worst = std::max(worst,
                             std::abs(row[i] - 10 * std::log10(std::norm(qa::value(spectrum[i])))));
        CPPUNIT_ASSERT(worst < 1e-4);
    }

    void decibels_stop_at_minus_200()
    {
        for_both_precisions([](auto zero) {
            for (auto kind : { power_kind::psd, power_kind::power, power_kind::magnitude }) {
                const qa::context in_kind("kind", kind);
                auto p = of_kind(kind);
                p.db = true;
                one_bin<decltype(zero)> stage(p);
                for (double amplitude : { 0.0, 1e-300, 1e-30, 9e-11 }) {
                    const qa::context in_amplitude("amplitude", amplitude);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(-200, stage.add(amplitude), 1e-4);
                }
                CPPUNIT_ASSERT_DOUBLES_EQUAL(-180, stage.add(1e-9), 1e-4);
            }
        });
    }

    void not_a_number_and_infinity_stay_in_their_bins()
    {
        for_both_precisions([](auto zero) {
            using R = decltype(zero);
            std::vector<std::complex<R>> spectrum(17, 1);
            spectrum[3] = static_cast<R>(not_a_number);
            spectrum[8] = static_cast<R>(infinity);
            for (auto kind : { power_kind::power, power_kind::magnitude }) {
                const qa::context in_kind("kind", kind);
                for (bool db : { false, true }) {
                    const qa::context in_db("db", db);
                    for (std::uint64_t average : { 1, 2 }) {
                        auto p = of_kind(kind, average);
                        p.db = db;
                        power<R> stage(17, 17, p);
                        std::vector<R> row(17);
                        for (int round = 0; round < 2; ++round) {
                            const qa::context in_round("round", round);
                            while (!stage.add(spectrum.data(), row.data()))
                                ;
                            for (std::size_t k = 0; k < 17; ++k) {
                                const qa::context in_k("k", k);
                                if (k == 3)
                                    CPPUNIT_ASSERT(std::isnan(row[k]));
                                else if (k == 8)
                                    CPPUNIT_ASSERT(std::isinf(row[k]) && row[k] > 0);
                                else
                                    CPPUNIT_ASSERT_DOUBLES_EQUAL(db ? 0 : 1, row[k], 1e-4);
                            }
                        }
                        const std::vector<std::complex<R>> clean(17, 1);
                        while (!stage.add(clean.data(), row.data()))
                            ;
                        for (auto v : row) {
                            const qa::context in_v("v", v);
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(db ? 0 : 1, v, 1e-4);
                        }
                    }
                }
            }
        });
    }

    //! Rows of one amplitude, over the range of the type and at both ends of what its squares reach.
    template <class R>
    void assert_range(std::initializer_list<double> amplitudes)
    {
        for (double given : amplitudes) {
            const qa::context in_given("given", given);
            const auto a = static_cast<double>(static_cast<R>(given));
            for (std::uint64_t average : { 1, 3 })
                for (bool hold : { false, true }) {
                    const qa::context in_hold("hold", hold);
                    const auto row = [&](power_kind kind, bool db, double factor) {
                        auto p = of_kind(kind, average);
                        p.max_hold = hold;
                        p.db = db;
                        p.factor = factor;
                        one_bin<R> stage(p);
                        for (std::uint64_t i = 1; i < average; ++i)
                            assert_no_row(stage.add(a));
                        return stage.add(a);
                    };
                    const double close = 3 * std::numeric_limits<R>::epsilon();
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        a, row(power_kind::magnitude, false, 1), close * a);
                    const double decibels = std::max(20 * std::log10(a), -200.0);
                    for (auto kind : { power_kind::magnitude, power_kind::psd }) {
                        const qa::context in_kind("kind", kind);
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(
                            decibels, row(kind, true, 1), 1e-6 * std::abs(decibels) + 1e-6);
                    }
                    // a factor that brings the power near 1
                    const double factor = std::pow(10.0, -2 * std::round(std::log10(a)));
                    if (std::isnormal(factor) && std::isnormal(a * a)) {
                        const double power = a * a * factor;
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(
                            power, row(power_kind::psd, false, factor), 2 * close * power);
                    }
                }
        }
    }

    void amplitudes_whose_squares_leave_the_type_are_right()
    {
        assert_range<float>({ 1e20, 3e38, 1e19, 1, 1e-18, 1e-19, 1e-22, 1e-23, 1e-37 });
        assert_range<double>({ 1e160, 1e300, 1e-160, 1e-170, 1e-300, 1e140, 1e-140, 1 });
        one_bin<float> power({});
        const auto least = static_cast<double>(std::numeric_limits<float>::denorm_min());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1e-44, power.add(1e-22), least); // what a float has of it
        CPPUNIT_ASSERT(std::isinf(power.add(1e20)));                  // 1e40 is no float
    }

    void rows_that_leave_the_range_change_no_other_row()
    {
        const std::size_t n = 37;
        for (auto kind : { power_kind::psd, power_kind::magnitude }) {
            const qa::context in_kind("kind", kind);
            for (bool db : { false, true }) {
                const qa::context in_db("db", db);
                auto p = of_kind(kind);
                p.db = db;
                power<float> stage(n, n, p);
                const auto ordinary = qa::noise<std::complex<float>>(n);
                std::vector<float> before(n), after(n);
                stage.add(ordinary.data(), before.data());
                for (float far : { 1e20F, 1e-23F, 0.0F }) {
                    const qa::context in_far("far", far);
                    auto strange = ordinary;
                    strange[5] = far;
                    stage.add(strange.data(), after.data());
                    for (std::size_t k = 0; k < n; ++k) {
                        const qa::context in_k("k", k);
                        if (k != 5)
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                                before[k], after[k], db ? 1e-5 : 1e-6 * before[k]);
                    }
                    stage.add(ordinary.data(), after.data());
                    CPPUNIT_ASSERT(before == after);
                }
            }
        }
    }

    void far_rows_are_averaged_and_held_with_near_ones()
    {
        one_bin<double> mean(of_kind(power_kind::magnitude, 4));
        for (double amplitude : { 1e-200, 1e200, 0.0 })
            assert_no_row(mean.add(amplitude));
        assert_row(0.5e200 * std::sqrt(2), mean.add(1e200));
        for (int i = 0; i < 3; ++i)
            assert_no_row(mean.add(2e-200));
        assert_row(2e-200, mean.add(2e-200)); // nothing is left of the row before
        auto p = of_kind(power_kind::magnitude);
        p.max_hold = true;
        one_bin<double> held(p);
        for (auto [amplitude, row] : { std::pair(0.0, 0.0),
                                       { 1e-200, 1e-200 },
                                       { 0.0, 1e-200 },
                                       { 1, 1 },
                                       { 1e-200, 1 },
                                       { 1e200, 1e200 },
                                       { 1, 1e200 } })
            assert_row(row, held.add(amplitude));
        held->reset();
        assert_row(1e-200, held.add(1e-200));
    }

    void alignment_changes_no_bit()
    {
        for (std::size_t n : { 7, 16, 31, 100 }) {
            const qa::context in_n("n", n);
            auto p = of_kind(power_kind::power, 3);
            p.db = true;
            const auto spectrum = qa::noise<std::complex<float>>(n);
            std::vector<std::vector<float>> rows;
            for (std::size_t at = 0; at < 9; ++at) {
                const qa::context in_at("at", at);
                power<float> stage(n, n, p);
                std::vector<std::complex<float>> in(at);
                in.insert(in.end(), spectrum.begin(), spectrum.end());
                std::vector<float> out(n + 9);
                while (!stage.add(in.data() + at, out.data() + 9 - at))
                    ;
                rows.emplace_back(out.begin() + 9 - at, out.begin() + 9 - at + n);
                CPPUNIT_ASSERT(rows.front() == rows.back());
            }
        }
    }

    void kinds_name_their_scaling()
    {
        CPPUNIT_ASSERT(spectrum_scaling(power_kind_named("psd")) == scaling::psd);
        CPPUNIT_ASSERT(spectrum_scaling(power_kind_named("power")) == scaling::magnitude);
        CPPUNIT_ASSERT(spectrum_scaling(power_kind_named("magnitude")) == scaling::magnitude);
    }

    void wrong_arguments_are_refused()
    {
        const auto refused = [](const std::string& message, std::size_t bins, power_parameters p) {
            qa::assert_refused(message, [&] { power<float>(8, bins, p); });
        };
        refused("average: 0: must be 1 or more spectra", 8, of_kind(power_kind::psd, 0));
        refused("average: -1: must be 1 or more spectra", 8, of_kind(power_kind::psd, -1));
        const std::string wrong = ": must be n_fft or n_fft / 2 + 1 for n_fft = 8";
        for (std::size_t bins : { 0, 4, 6, 9 })
            refused("bins: " + std::to_string(bins) + wrong, bins, {});
        refused("accepted", 5, {});
        refused("accepted", 8, {});
        power_parameters p;
        for (auto [factor, text] : { std::pair(0.0, "0"),
                                     { -1.0, "-1" },
                                     { not_a_number, "nan" },
                                     { infinity, "inf" } }) {
            p.factor = factor;
            refused(std::string("factor: ") + text + ": must be positive and finite", 8, p);
        }
        one_bin<float> stage({});
        qa::assert_refused("average: 0: must be 1 or more spectra", [&] { stage->set_average(0); });
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), stage->design().average);
        qa::assert_refused("factor: 0: must be positive and finite", [&] { stage->set_factor(0); });
        CPPUNIT_ASSERT_EQUAL(1.0, stage->design().factor);
        qa::assert_refused("kind: energy: must be psd, power or magnitude",
                           [] { power_kind_named("energy"); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_power);
