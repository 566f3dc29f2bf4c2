/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/event_measures.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

namespace {

extent edges_of(const std::vector<float>& profile, double deviation = 0)
{
    return power_edges(profile.data(), profile.size(), deviation);
}

extent crossings_of(const std::vector<float>& power)
{
    std::vector<float> workspace(3);
    return half_power_crossings(power.data(), power.size(), workspace);
}

//! Zeros with one value in places first .. end - 1.
std::vector<float> rectangle(std::size_t size, std::size_t first, std::size_t end, float value)
{
    std::vector<float> x(size);
    std::fill(x.begin() + static_cast<std::ptrdiff_t>(first),
              x.begin() + static_cast<std::ptrdiff_t>(end),
              value);
    return x;
}

void assert_extent(double lower, double upper, const extent& found)
{
    CPPUNIT_ASSERT_DOUBLES_EQUAL(lower, found.lower, 1e-5);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(upper, found.upper, 1e-5);
}

} // namespace

//! Edges of events in frequency and in time.
class qa_event_measures : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_event_measures);
    CPPUNIT_TEST(a_rectangle_loses_half_a_percent_at_either_edge);
    CPPUNIT_TEST(the_level_of_a_profile_does_not_move_its_edges);
    CPPUNIT_TEST(a_triangle_has_the_edges_of_its_integral);
    CPPUNIT_TEST(what_is_narrower_than_six_bins_loses_the_windows_own_width);
    CPPUNIT_TEST(a_line_has_a_tenth_of_a_squared_bin);
    CPPUNIT_TEST(twice_the_deviation_of_noise_is_taken_off);
    CPPUNIT_TEST(a_profile_below_the_deviation_counts_as_it_is);
    CPPUNIT_TEST(negative_values_count_as_zero);
    CPPUNIT_TEST(a_profile_without_power_has_all_bins);
    CPPUNIT_TEST(a_rectangle_in_time_is_crossed_half_a_row_beyond_its_rows);
    CPPUNIT_TEST(linear_ramps_are_crossed_at_half_of_the_level);
    CPPUNIT_TEST(the_level_is_the_median_of_the_rows_above_a_quarter_of_the_greatest);
    CPPUNIT_TEST(a_hole_between_two_ends_does_not_divide);
    CPPUNIT_TEST(power_at_an_end_reaches_to_the_edge_of_the_row);
    CPPUNIT_TEST(a_single_row_is_one_row_long);
    CPPUNIT_TEST(no_power_has_all_rows);
    CPPUNIT_TEST_SUITE_END();

    void a_rectangle_loses_half_a_percent_at_either_edge()
    {
        for (const std::size_t width : { 7, 8, 20, 99 }) {
            const qa::context in_width("width", width);
            for (const std::size_t first : { 0, 1, 13 }) {
                const qa::context in_first("first", first);
                const auto lost = 0.005 * static_cast<double>(width);
                const auto begin = static_cast<double>(first) - 0.5;
                assert_extent(begin + lost,
                              begin + static_cast<double>(width) - lost,
                              edges_of(rectangle(120, first, first + width, 3)));
            }
        }
    }

    void the_level_of_a_profile_does_not_move_its_edges()
    {
        const std::vector<float> profile{ 0, 1, 4, 9, 7, 5, 5, 6, 3, 2, 8, 1, 0 };
        const auto expected = edges_of(profile);
        for (const float factor : { 1e-20F, 1e-3F, 1e20F }) {
            const qa::context in_factor("factor", factor);
            auto scaled = profile;
            for (auto& each : scaled)
                each *= factor;
            assert_extent(expected.lower, expected.upper, edges_of(scaled));
        }
    }

    void a_triangle_has_the_edges_of_its_integral()
    {
        // bins 0 .. 99 hold 1, 2 .. 100; their sum is 5050, of which 25.25 lie below the lower edge:
        // 1 + .. + 6 = 21 in bins 0 .. 5, and 4.25 of the 7 in bin 6. The last 25.25 lie in bin 99 of 100.
        std::vector<float> profile(100);
        for (std::size_t k = 0; k < profile.size(); ++k)
            profile[k] = static_cast<float>(k + 1);
        assert_extent(5.5 + 4.25 / 7, 99.5 - 25.25 / 100, edges_of(profile));
    }

    void what_is_narrower_than_six_bins_loses_the_windows_own_width()
    {
        for (const std::size_t width : { 3, 4, 5, 6 }) {
            const qa::context in_width("width", width);
            const auto measured = 0.99 * static_cast<double>(width);
            const auto half = std::sqrt(measured * measured - 2.4 * 2.4) / 2;
            const auto middle = 10 - 0.5 + static_cast<double>(width) / 2;
            assert_extent(middle - half, middle + half, edges_of(rectangle(30, 10, 10 + width, 5)));
        }
    }

    void a_line_has_a_tenth_of_a_squared_bin()
    {
        const auto half = std::sqrt(0.1) / 2;
        assert_extent(7 - half, 7 + half, edges_of(rectangle(20, 7, 8, 1)));
        assert_extent(7.5 - half, 7.5 + half, edges_of(rectangle(20, 7, 9, 1)));
        assert_extent(0 - half, 0 + half, edges_of(rectangle(1, 0, 1, 1)));
    }

    void twice_the_deviation_of_noise_is_taken_off()
    {
        auto profile = rectangle(60, 20, 40, 50);
        for (std::size_t k = 0; k < profile.size(); ++k)
            profile[k] += k % 2 ? 10.0f : -10.0f;
        const auto found = edges_of(profile, 5); // 0 outside, 50 and 30 inside
        // 10 pairs of 30 and 50 are 800, of which 4 lie beyond either edge: bin 20 has 30, bin 39 has 50
        assert_extent(19.5 + 4.0 / 30, 39.5 - 4.0 / 50, found);
    }

    void a_profile_below_the_deviation_counts_as_it_is()
    {
        const auto profile = rectangle(60, 20, 40, 50);
        assert_extent(19.6, 39.4, edges_of(profile, 25)); // 2 x 25 leaves nothing
        assert_extent(19.6, 39.4, edges_of(profile, 1e6));
    }

    void negative_values_count_as_zero()
    {
        auto profile = rectangle(60, 20, 40, 50);
        for (std::size_t k = 0; k < 20; ++k)
            profile[k] = -1000;
        assert_extent(19.6, 39.4, edges_of(profile));
        assert_extent(19.6, 39.4, edges_of(profile, 30)); // all of it is below the deviation
    }

    void a_profile_without_power_has_all_bins()
    {
        for (const std::size_t bins : { 1, 2, 11 }) {
            const qa::context in_bins("bins", bins);
            for (const float value : { 0.0F, -3.0F }) {
                const qa::context in_value("value", value);
                assert_extent(-0.5,
                              static_cast<double>(bins) - 0.5,
                              edges_of(std::vector<float>(bins, value)));
            }
        }
    }

    void a_rectangle_in_time_is_crossed_half_a_row_beyond_its_rows()
    {
        for (const std::size_t rows : { 1, 2, 3, 30 }) {
            const qa::context in_rows("rows", rows);
            assert_extent(4.5,
                          5 + static_cast<double>(rows) - 0.5,
                          crossings_of(rectangle(50, 5, 5 + rows, 8)));
        }
    }

    void linear_ramps_are_crossed_at_half_of_the_level()
    {
        // the level is 8, half of it is 4: between 3 and 6, and between 7 and 3.5
        assert_extent(
            1 + 1.0 / 3, 9 + 3.0 / 3.5, crossings_of({ 0, 3, 6, 8, 8, 8, 8, 8, 8, 7, 3.5 }));
    }

    void the_level_is_the_median_of_the_rows_above_a_quarter_of_the_greatest()
    {
        // 100 counts, as do the three of 30; the six of 24 do not: the median is 30, its half is crossed
        // where 24 follows 0, at 15 / 24 of a row
        assert_extent(15.0 / 24,
                      11 - 15.0 / 24,
                      crossings_of({ 0, 24, 24, 24, 30, 100, 30, 30, 24, 24, 24, 0 }));
    }

    void a_hole_between_two_ends_does_not_divide()
    {
        assert_extent(0.5, 8.5, crossings_of({ 0, 6, 6, 0, 0, 0, 0, 6, 6, 0 }));
    }

    void power_at_an_end_reaches_to_the_edge_of_the_row()
    {
        assert_extent(-0.5, 2.5, crossings_of({ 5, 5, 5, 0, 0 }));
        assert_extent(1.5, 4.5, crossings_of({ 0, 0, 5, 5, 5 }));
        assert_extent(-0.5, 4.5, crossings_of({ 5, 5, 5, 5, 5 }));
    }

    void a_single_row_is_one_row_long() { assert_extent(-0.5, 0.5, crossings_of({ 4 })); }

    void no_power_has_all_rows()
    {
        assert_extent(-0.5, 2.5, crossings_of({ 0, 0, 0 }));
        assert_extent(-0.5, 2.5, crossings_of({ -1, -2, -3 }));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_event_measures);
