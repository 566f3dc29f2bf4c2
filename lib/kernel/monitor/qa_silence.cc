/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/silence.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/monitor/box_statistics.h>

using namespace gr::stft::kernel;

namespace {

//! Rows without overlap and window: each cell is independent of all others.
detector_settings independent()
{
    detector_settings s;
    s.n_fft = 64;
    s.hop = 64;
    s.window = window("boxcar");
    return s;
}

//! Power over noise, without the noise, of rows of independent cells whose mean is 1 + excess.
class source
{
public:
    explicit source(unsigned seed) : d_random(seed) {}

    float row(std::size_t bins, double excess)
    {
        std::exponential_distribution<double> power(1 / (1 + excess));
        double sum = 0;
        for (std::size_t k = 0; k < bins; ++k)
            sum += power(d_random) - 1;
        return static_cast<float>(sum);
    }
    std::vector<float> rows(std::size_t count, std::size_t bins, double excess)
    {
        std::vector<float> all;
        while (all.size() < count)
            all.push_back(row(bins, excess));
        return all;
    }

private:
    std::mt19937 d_random;
};

bool is_certain(const silence& test,
                const float* power,
                std::size_t begin,
                std::size_t end,
                std::size_t rows,
                std::size_t bins)
{
    return test.since(power, begin, end, rows, bins).has_value();
}

constexpr std::size_t lasted = 40; // rows of the events here

//! Rows of noise after an event until it is over.
std::size_t rows_until_over(const silence& test, std::size_t bins, double excess, unsigned seed)
{
    source from(seed);
    auto power = from.rows(lasted, bins, excess);
    while (!is_certain(test, power.data(), 0, lasted, power.size(), bins)) {
        CPPUNIT_ASSERT(power.size() < 1000);
        power.push_back(from.row(bins, 0));
    }
    return power.size() - lasted;
}

} // namespace

//! The test that an event's bins are silent.
class qa_silence : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_silence);
    CPPUNIT_TEST(independent_cells_are_those_of_a_box_of_one_row);
    CPPUNIT_TEST(the_stronger_and_wider_an_event_the_sooner_it_is_over);
    CPPUNIT_TEST(an_event_that_has_faded_is_not_over);
    CPPUNIT_TEST(rows_that_overlap_say_less);
    CPPUNIT_TEST(an_event_that_has_paused_may_pause_again);
    CPPUNIT_TEST(an_event_that_fluctuates_is_over_later);
    CPPUNIT_TEST(less_than_noise_says_no_more_than_noise);
    CPPUNIT_TEST(a_line_that_stays_is_over_sooner_than_noise);
    CPPUNIT_TEST(silence_begins_after_the_last_row_that_speaks_for_the_event);
    CPPUNIT_TEST(without_rows_or_power_nothing_is_certain);
    CPPUNIT_TEST(power_beyond_all_numbers_says_nothing);
    CPPUNIT_TEST_SUITE_END();

    void independent_cells_are_those_of_a_box_of_one_row()
    {
        for (const auto* name : { "hann", "boxcar", "blackmanharris" }) {
            const qa::context in_window("window", name);
            detector_settings s;
            s.n_fft = 128;
            s.hop = 64;
            s.window = window(name);
            const silence test(s);
            for (const std::size_t bins : { 1, 2, 3, 7, 16, 40 }) {
                const qa::context in_bins("bins", bins);
                const box_statistics box(s.stft_parameters().taps(), s.n_fft, s.hop, 1, bins);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(box.independent_cells(),
                                             test.independent_cells(bins),
                                             1e-9 * static_cast<double>(bins));
            }
        }
    }

    void the_stronger_and_wider_an_event_the_sooner_it_is_over()
    {
        struct known {
            std::size_t bins;
            double excess;
            std::size_t least, most; // rows
        };
        const silence test(independent());
        // Faded to 0.7, a cell of excess 2 says 0.29 on average in a row, one of 100 says 3.3; ln(1e6) are 13.8.
        for (const auto& [bins, excess, least, most] : { known{ 20, 100, 1, 1 },
                                                         known{ 20, 10, 1, 3 },
                                                         known{ 20, 2, 2, 6 },
                                                         known{ 5, 2, 5, 40 },
                                                         known{ 1, 100, 2, 15 } }) {
            const qa::context in_bins("bins", bins);
            const qa::context in_excess("excess", excess);
            for (unsigned seed = 1; seed <= 20; ++seed) {
                const qa::context in_seed("seed", seed);
                const auto rows = rows_until_over(test, bins, excess, seed);
                const qa::context in_rows("rows", rows);
                CPPUNIT_ASSERT(rows >= least && rows <= most);
            }
        }
    }

    //! 1e5 rows of 0.7 of the power: 0.1 errors at most.
    void an_event_that_has_faded_is_not_over()
    {
        const silence test(independent());
        for (unsigned seed = 1; seed <= 500; ++seed) {
            const qa::context in_seed("seed", seed);
            const std::size_t bins = 1 + seed % 30;
            source from(seed);
            auto power = from.rows(lasted, bins, 3);
            for (int r = 0; r < 200; ++r) {
                power.push_back(from.row(bins, 0.7 * 3));
                CPPUNIT_ASSERT(!is_certain(test, power.data(), 0, lasted, power.size(), bins));
            }
        }
    }

    void rows_that_overlap_say_less()
    {
        auto s = independent();
        s.window = window("hann");
        std::size_t rows = 0;
        for (const std::size_t hop : { 64, 16, 8 }) {
            const qa::context in_hop("hop", hop);
            s.hop = hop;
            const auto needed = rows_until_over(silence(s), 8, 2, 3);
            CPPUNIT_ASSERT(needed > rows);
            rows = needed;
        }
    }

    void an_event_that_has_paused_may_pause_again()
    {
        const silence test(independent());
        source from(5);
        auto power = from.rows(lasted, 10, 100);
        for (std::size_t r = 20; r < 25; ++r)
            power[r] = from.row(10, 0);
        for (std::size_t silent = 0; silent <= 12; ++silent) {
            const qa::context in_silent("silent", silent);
            CPPUNIT_ASSERT_EQUAL(silent > 10,
                                 is_certain(test, power.data(), 0, lasted, power.size(), 10));
            power.push_back(from.row(10, 0));
        }
    }

    void an_event_that_fluctuates_is_over_later()
    {
        const silence test(independent());
        std::vector<float> steady(lasted, 40), fluctuating = steady;
        for (std::size_t r = 0; r < lasted; r += 2) {
            fluctuating[r] = 22;
            fluctuating[r + 1] = 58;
        }
        const auto rows_of = [&](std::vector<float> power) {
            while (!is_certain(test, power.data(), 0, lasted, power.size(), 20))
                power.push_back(0);
            return power.size();
        };
        CPPUNIT_ASSERT(rows_of(fluctuating) > rows_of(steady));
    }

    //! The power below a limit is left out, so that rows may hold less than the noise.
    void less_than_noise_says_no_more_than_noise()
    {
        const silence test(independent());
        for (const float below : { 0.0f, -5.0f, -9.9f }) {
            const qa::context in_below("power", below);
            std::vector<float> power(lasted, 20);
            power.resize(lasted + 30, below);
            std::size_t rows = lasted;
            while (!is_certain(test, power.data(), 0, lasted, rows, 10))
                CPPUNIT_ASSERT(++rows < power.size());
            std::vector<float> of_noise(lasted, 20);
            of_noise.resize(rows, 0);
            CPPUNIT_ASSERT(is_certain(test, of_noise.data(), 0, lasted, rows, 10));
            CPPUNIT_ASSERT(!is_certain(test, of_noise.data(), 0, lasted, rows - 1, 10));
        }
    }

    void a_line_that_stays_is_over_sooner_than_noise()
    {
        const silence test(independent());
        source from(1);
        const auto rows_after = [&](std::vector<float> power) {
            std::size_t rows = lasted;
            power.resize(lasted + 100, 0);
            while (!is_certain(test, power.data(), 0, lasted, rows, 1))
                CPPUNIT_ASSERT(++rows < power.size());
            return rows - lasted;
        };
        const auto line = rows_after(std::vector<float>(lasted, 5));
        const auto noise = rows_after(from.rows(lasted, 1, 5));
        CPPUNIT_ASSERT(line >= 5); // it may fluctuate as two cells of noise
        CPPUNIT_ASSERT(5 * line < 4 * noise);
    }

    void silence_begins_after_the_last_row_that_speaks_for_the_event()
    {
        const silence test(independent());
        std::vector<float> power(lasted, 1000);
        power.resize(lasted + 10, 0);
        CPPUNIT_ASSERT_EQUAL(lasted, *test.since(power.data(), 0, lasted, power.size(), 10));
        power[lasted] = power[lasted + 4] = 300;
        CPPUNIT_ASSERT_EQUAL(lasted + 5, *test.since(power.data(), 0, lasted, power.size(), 10));
        power.back() = 300;
        CPPUNIT_ASSERT(!test.since(power.data(), 0, lasted, power.size(), 10));
    }

    void without_rows_or_power_nothing_is_certain()
    {
        const silence test(independent());
        const std::vector<float> power(100, 0);
        CPPUNIT_ASSERT(!is_certain(test, power.data(), 0, 0, 100, 10));
        CPPUNIT_ASSERT(!is_certain(test, power.data(), 10, 10, 100, 10));
        CPPUNIT_ASSERT(!is_certain(test, power.data(), 0, 50, 100, 10));
        const std::vector<float> strong(100, 1000);
        CPPUNIT_ASSERT(!is_certain(test, strong.data(), 0, 100, 100, 10));
    }

    //! Power that single precision holds no more has no level, and no end is certain after it.
    void power_beyond_all_numbers_says_nothing()
    {
        const silence test(independent());
        const auto most = std::numeric_limits<float>::infinity();
        std::vector<float> power(lasted, most);
        power.resize(lasted + 20);
        CPPUNIT_ASSERT(!is_certain(test, power.data(), 0, lasted, power.size(), 3));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_silence);
