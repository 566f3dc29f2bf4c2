/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/machine/machine_rows.h>
#include <gnuradio/stft/kernel/speed/tacho_orders.h>

using namespace gr::stft::kernel;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

machine_rows_settings made(double samp_rate = 200, const std::string& bands = "10:90")
{
    machine_rows_settings s;
    s.samp_rate = samp_rate;
    s.bands = bands;
    return s;
}

template <class R = double>
std::vector<machine_row> taken(machine_rows<R>& rows)
{
    std::vector<machine_row> all;
    for (; const auto* row = rows.row(); rows.advance())
        all.push_back(*row);
    return all;
}

template <class R = double>
std::vector<machine_row> rows_of(const machine_rows_settings& s, const std::vector<R>& x)
{
    machine_rows<R> rows(s);
    rows.push(x.data(), x.size());
    rows.finish();
    return taken(rows);
}

std::vector<double> noise(std::size_t count)
{
    std::mt19937 draw(7);
    std::vector<double> x;
    while (x.size() < count)
        x.push_back(std::normal_distribution<>()(draw));
    return x;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void assert_equal(const std::vector<machine_row>& a, const std::vector<machine_row>& b)
{
    CPPUNIT_ASSERT_EQUAL(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        const qa::context here("row", i);
        CPPUNIT_ASSERT_EQUAL(a[i].start, b[i].start);
        CPPUNIT_ASSERT(same(a[i].speed, b[i].speed) && same(a[i].confidence, b[i].confidence));
        CPPUNIT_ASSERT(a[i].dead == b[i].dead && a[i].clipped == b[i].clipped &&
                       a[i].finite == b[i].finite);
        CPPUNIT_ASSERT(std::equal(
            a[i].levels.begin(), a[i].levels.end(), b[i].levels.begin(), b[i].levels.end(), same));
    }
}

//! Mean square of a real signal's Hann frame between two frequencies that lie between bins, by the plain DFT.
double plain_power(const double* x, std::size_t n, double samp_rate, double lower, double upper)
{
    double energy = 0, sum = 0;
    std::vector<double> windowed;
    for (std::size_t i = 0; i < n; ++i) {
        const auto w = 0.5 - 0.5 * std::cos(2 * qa::pi * double(i) / double(n));
        energy += w * w;
        windowed.push_back(w * x[i]);
    }
    for (std::size_t m = 1; 2 * m < n; ++m) {
        const auto f = double(m) * samp_rate / double(n), half = samp_rate / double(n) / 2;
        const auto part = std::min(f + half, upper) - std::max(f - half, lower);
        if (part <= 0)
            continue;
        qa::value bin;
        for (std::size_t i = 0; i < n; ++i)
            bin += windowed[i] * std::polar(1.0, -2 * qa::pi * double((i * m) % n) / double(n));
        sum += 2 * std::norm(bin) / (energy * samp_rate) * part;
    }
    return sum;
}

} // namespace

//! Rows of a machine's levels, and those of its tacho.
class qa_machine_rows : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_machine_rows);
    CPPUNIT_TEST(a_band_has_the_mean_power_of_two_frames);
    CPPUNIT_TEST(a_row_lasts_a_second_or_ten_periods);
    CPPUNIT_TEST(orders_are_those_of_the_speeds_that_can_be_trusted);
    CPPUNIT_TEST(a_row_waits_for_its_speeds);
    CPPUNIT_TEST(any_split_gives_the_same_rows);
    CPPUNIT_TEST(lost_samples_are_in_no_row);
    CPPUNIT_TEST(a_sensor_that_is_dead_or_clipped_is_told);
    CPPUNIT_TEST(a_sample_that_is_no_number_stays_in_its_rows);
    CPPUNIT_TEST(a_speed_between_rows_is_in_none);
    CPPUNIT_TEST(rows_are_joined_by_power_and_median);
    CPPUNIT_TEST(what_cannot_be_is_refused);
    CPPUNIT_TEST(a_tacho_gives_speed_and_amplitudes);
    CPPUNIT_TEST(a_standstill_is_the_same_in_any_pieces);
    CPPUNIT_TEST(a_tacho_goes_on_after_a_standstill_and_lost_samples);
    CPPUNIT_TEST_SUITE_END();

    void a_band_has_the_mean_power_of_two_frames()
    {
        const auto x = noise(900);
        auto s = made(200, "10.3:40,40:90");
        s.factor = 3;
        const auto rows = rows_of(s, x);
        CPPUNIT_ASSERT_EQUAL(std::size_t(4), rows.size()); // of 200 samples, the last 100 more
        for (const auto& row : rows)
            for (std::size_t b = 0; b < 2; ++b) {
                const auto lower = b ? 40.0 : 10.3, upper = b ? 90.0 : 40.0;
                const auto power =
                    (plain_power(x.data() + row.start, 200, 200, lower, upper) +
                     plain_power(x.data() + row.start + 100, 200, 200, lower, upper)) /
                    2;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(3 * std::sqrt(power), row.levels[b], 1e-10);
            }
        const std::vector<float> single(x.begin(), x.end());
        for (std::size_t i = 0; i < rows.size(); ++i)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                rows[i].levels[1], rows_of(s, single)[i].levels[1], 1e-5 * rows[i].levels[1]);
    }

    void a_row_lasts_a_second_or_ten_periods()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(200), made().hop());
        CPPUNIT_ASSERT_EQUAL(std::size_t(1000), made(200, "2:90,20:30").hop());
        CPPUNIT_ASSERT_EQUAL(std::size_t(202), made(200.5, "0:90").hop());
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), made(0.1, "").hop());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), machine_rows<float>(made(200, "")).levels());
    }

    void orders_are_those_of_the_speeds_that_can_be_trusted()
    {
        auto s = made(100, "");
        s.orders = { 1, 2 };
        s.integrate = 1;
        s.factor = 1000;
        machine_rows<double> rows(s);
        const std::vector<double> x(350);
        rows.push(x.data(), x.size());
        const double a[] = { 3, 4 }, b[] = { 5, 0 }, wrong[] = { 1e9, 1e9 };
        rows.add_speed(0, 20, 2, a);
        rows.add_speed(40, 90, 0.5, wrong); // not trusted
        rows.add_speed(99, 22, 1.5, b);
        rows.add_speed(100, 10, 1, a); // 1 is not above 1
        rows.add_speed(199, 10, 5, a);
        rows.add_speed(400, 10, 5, a);
        const auto all = taken(rows);
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), all.size());
        CPPUNIT_ASSERT_EQUAL(21.0, all[0].speed);
        CPPUNIT_ASSERT_EQUAL(1.5, all[0].confidence);
        const auto v = [](double amplitude, double f) {
            return std::pow(1000 * amplitude / (2 * qa::pi * f), 2);
        };
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::sqrt((v(3, 20) + v(5, 22)) / 4), all[0].levels[0], 1e-9);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::sqrt(v(4, 40) / 4), all[0].levels[1], 1e-9);
        CPPUNIT_ASSERT(std::isnan(all[1].speed) && std::isnan(all[1].levels[1])); // one of two
        CPPUNIT_ASSERT_EQUAL(3.0, all[1].confidence);
        CPPUNIT_ASSERT(std::isnan(all[2].speed)); // no speed at all
        CPPUNIT_ASSERT_EQUAL(0.0, all[2].confidence);
    }

    void a_row_waits_for_its_speeds()
    {
        auto s = made(100, "");
        s.orders = { 1 };
        machine_rows<double> rows(s);
        const std::vector<double> x(1000);
        rows.push(x.data(), x.size());
        CPPUNIT_ASSERT(!rows.row());
        const double a = 1;
        rows.add_speed(99, 10, 2, &a);
        CPPUNIT_ASSERT(!rows.row()); // another one may follow at 99
        rows.add_speed(100, 20, 2, &a);
        CPPUNIT_ASSERT_EQUAL(10.0, rows.row()->speed);
        rows.advance();
        CPPUNIT_ASSERT(!rows.row());
        rows.know_until(150);
        CPPUNIT_ASSERT(!rows.row());
        rows.know_until(300);
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), taken(rows).size());
        rows.finish();
        CPPUNIT_ASSERT_EQUAL(std::size_t(6), taken(rows).size());
    }

    void any_split_gives_the_same_rows()
    {
        const auto x = noise(3001);
        const auto expected = rows_of(made(), x);
        CPPUNIT_ASSERT_EQUAL(std::size_t(14), expected.size());
        for (const std::size_t size : { 1, 7, 299, 300, 301, 2000 }) {
            const qa::context here("pieces", size);
            machine_rows<double> rows(made());
            std::vector<machine_row> all;
            for (std::size_t i = 0; i < x.size(); i += size) {
                rows.push(x.data() + i, std::min(size, x.size() - i));
                const auto more = taken(rows);
                all.insert(all.end(), more.begin(), more.end());
            }
            assert_equal(expected, all);
        }
    }

    void lost_samples_are_in_no_row()
    {
        const auto x = noise(1000);
        machine_rows<double> rows(made());
        rows.push(x.data(), 450); // one row, and 250 samples of the next one
        const auto far = std::uint64_t(1) << 40;
        rows.skip(far);
        rows.push(x.data() + 450, 550);
        const auto all = taken(rows);
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), all.size());
        const auto after = rows_of(made(), std::vector<double>(x.begin() + 450, x.end()));
        for (std::size_t i = 0; i < 2; ++i) {
            CPPUNIT_ASSERT_EQUAL(std::int64_t(far) + 450 + 200 * std::int64_t(i), all[1 + i].start);
            CPPUNIT_ASSERT_EQUAL(after[i].levels[0], all[1 + i].levels[0]);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t(far) + 1000, rows.samples());
    }

    void a_sensor_that_is_dead_or_clipped_is_told()
    {
        auto x = noise(1300);
        std::fill(x.begin() + 200, x.begin() + 400, -2.5); // dead
        x[400] = x[401] = x[402] = 9;                      // once: by chance
        for (const int i : { 610, 611, 612, 613 })
            x[std::size_t(i)] = i % 2 ? 9 : -9; // a run of four, that is two of three
        const auto rows = rows_of(made(), x);
        std::string text;
        for (const auto& row : rows)
            text += row.dead ? 'd' : row.clipped ? 'c' : '-';
        CPPUNIT_ASSERT_EQUAL(std::string("-d-c--"), text);
        auto coarse = made();
        coarse.quantum = 9 / 50.0; // 50 steps are not above 50 steps
        CPPUNIT_ASSERT(!rows_of(coarse, x)[3].clipped);
    }

    void a_sample_that_is_no_number_stays_in_its_rows()
    {
        for (const auto bad : { none, HUGE_VAL }) {
            auto x = noise(1300);
            const auto clean = rows_of(made(), x);
            x[450] = x[451] = x[452] = x[453] =
                bad; // in row 2, and not in the half that follows row 1
            x[550] = bad;
            const auto rows = rows_of(made(), x);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const qa::context here("row", i);
                const bool touched = i == 1 || i == 2; // row 1 ends with the first half of row 2
                CPPUNIT_ASSERT_EQUAL(touched, !std::isfinite(rows[i].levels[0]));
                CPPUNIT_ASSERT_EQUAL(touched, !rows[i].finite);
                CPPUNIT_ASSERT(!rows[i].dead && !rows[i].clipped);
                if (!touched)
                    CPPUNIT_ASSERT_EQUAL(clean[i].levels[0], rows[i].levels[0]);
            }
        }
    }

    void a_speed_between_rows_is_in_none()
    {
        auto s = made(100, "");
        s.orders = { 1 };
        machine_rows<double> rows(s);
        const std::vector<double> x(150, HUGE_VAL);
        rows.push(x.data(), x.size());
        rows.skip(1000);
        rows.push(x.data(), x.size());
        const double a = 1;
        rows.add_speed(50, 10, 2, &a);
        rows.add_speed(700, 90, 2, &a); // where samples were lost
        rows.add_speed(1200, 20, 2, &a);
        rows.finish();
        const auto all = taken(rows);
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), all.size());
        CPPUNIT_ASSERT_EQUAL(10.0, all[0].speed);
        CPPUNIT_ASSERT_EQUAL(20.0, all[1].speed);
        CPPUNIT_ASSERT(!all[0].dead && !all[1].dead); // equal, and no numbers
    }

    void rows_are_joined_by_power_and_median()
    {
        machine_joiner joiner(2);
        CPPUNIT_ASSERT(std::isnan(joiner.take().speed));
        const double rows[][2] = { { 3, none }, { 4, none }, { HUGE_VAL, none }, { 5, none } };
        const double speeds[] = { 10, none, 30, 20 };
        for (int twice = 0; twice < 2; ++twice) {
            for (int i = 0; i < 4; ++i)
                joiner.add(speeds[i], rows[i]);
            CPPUNIT_ASSERT_EQUAL(std::size_t(4), joiner.rows());
            const auto mean = joiner.take();
            CPPUNIT_ASSERT_EQUAL(std::size_t(4), mean.rows);
            CPPUNIT_ASSERT_EQUAL(20.0, mean.speed);
            CPPUNIT_ASSERT_EQUAL(0.75, mean.speed_known);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(std::sqrt(50.0 / 3), mean.levels[0], 1e-15);
            CPPUNIT_ASSERT(std::isnan(mean.levels[1]));
        }
    }

    void what_cannot_be_is_refused()
    {
        const auto refused = [](const std::string& message, auto change) {
            auto s = made();
            s.orders = { 1 };
            change(s);
            qa::assert_refused(message, [&] { s.check(); });
        };
        using settings = machine_rows_settings;
        refused("bands: '1e-7:50': must begin where a row, ten periods and a second at least, has "
                "at most 2^28 samples",
                [](settings& s) { s.bands = "1e-7:50"; });
        refused("bands: 10:101: must end at half the sample rate or below",
                [](settings& s) { s.bands = "10:101"; });
        refused("orders: 0: must be positive and finite", [](settings& s) { s.orders = { 1, 0 }; });
        refused("quantum: -1: must not be negative", [](settings& s) { s.quantum = -1; });
        refused("integrate: 3: must be 0, 1 or 2", [](settings& s) {
            s.bands = "";
            s.integrate = 3;
        });
        refused("samp_rate: 0: must be 1e-30 .. 1e30 Hz", [](settings& s) { s.samp_rate = 0; });
    }

    //! A machine of orders 1 and 3, and its tacho, at a speed in Hz that changes in a line.
    static std::pair<std::vector<double>, std::vector<double>>
    machine(double samp_rate, std::size_t count, double f, double slope)
    {
        std::pair<std::vector<double>, std::vector<double>> both;
        for (std::size_t i = 0; i < count; ++i) {
            const auto t = double(i) / samp_rate, turns = t * (f + slope * t / 2);
            both.first.push_back(std::cos(2 * qa::pi * turns) +
                                 0.5 * std::cos(6 * qa::pi * turns + 1));
            const auto part = turns + 0.5 - std::floor(turns + 0.5);
            both.second.push_back(5 *
                                  std::clamp(0.5 + 25 * (0.1 - std::abs(part - 0.5)), 0.0, 1.0));
        }
        return both;
    }

    static tacho_orders_settings with_tacho()
    {
        tacho_orders_settings s;
        s.samp_rate = 2000;
        s.orders = { 1, 3 };
        return s;
    }

    void a_tacho_gives_speed_and_amplitudes()
    {
        const auto [x, pulses] = machine(2000, 16000, 15, 2);
        tacho_orders<double> whole(with_tacho());
        whole.push(x.data(), pulses.data(), x.size());
        whole.finish();
        const auto expected = whole.take();
        CPPUNIT_ASSERT(expected.size() > 140);
        for (const auto& frame : expected) {
            const auto t = double(frame.sample) / 2000;
            if (t < 0.7 || t > 7.5)
                continue;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(15 + 2 * t, frame.frequency, 0.02);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1, frame.amplitudes[0], 0.01);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0.5, frame.amplitudes[1], 0.005);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t(16000), whole.known());
        for (const std::size_t size : { 1, 333, 9000 }) {
            const qa::context here("pieces", size);
            tacho_orders<double> pieces(with_tacho());
            for (std::size_t i = 0; i < x.size(); i += size)
                pieces.push(x.data() + i, pulses.data() + i, std::min(size, x.size() - i));
            pieces.finish();
            const auto all = pieces.take();
            CPPUNIT_ASSERT_EQUAL(expected.size(), all.size());
            for (std::size_t i = 0; i < all.size(); ++i)
                CPPUNIT_ASSERT(all[i].sample == expected[i].sample &&
                               all[i].frequency == expected[i].frequency &&
                               all[i].amplitudes == expected[i].amplitudes);
        }
    }

    void a_standstill_is_the_same_in_any_pieces()
    {
        auto [x, pulses] = machine(2000, 24000, 20, 1);
        std::fill(pulses.begin() + 9000, pulses.begin() + 16000, 0);
        const auto order1 = [&, x = x, pulses = pulses](std::size_t size) {
            machine_rows_settings s = made(2000, "");
            s.orders = { 1 };
            machine_rows<double> rows(s);
            auto wanted = with_tacho();
            wanted.orders = { 1 };
            tacho_orders<double> orders(wanted);
            std::vector<machine_row> all;
            const auto give = [&] {
                for (const auto& frame : orders.take())
                    rows.add_speed(frame.sample, frame.frequency, 2, frame.amplitudes.data());
                rows.know_until(orders.known());
                const auto more = taken(rows);
                all.insert(all.end(), more.begin(), more.end());
            };
            for (std::size_t i = 0; i < x.size(); i += size) {
                const auto count = std::min(size, x.size() - i);
                rows.push(x.data() + i, count);
                orders.push(x.data() + i, pulses.data() + i, count);
                give();
            }
            orders.finish();
            rows.finish();
            give();
            return all;
        };
        const auto expected = order1(x.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t(11), expected.size());
        CPPUNIT_ASSERT(std::isfinite(expected[2].levels[0]) && std::isnan(expected[6].levels[0]));
        for (const std::size_t size : { 37, 1000, 5000, 14999 }) {
            const qa::context here("pieces", size);
            assert_equal(expected, order1(size));
        }
    }

    void a_tacho_goes_on_after_a_standstill_and_lost_samples()
    {
        const auto [x, pulses] = machine(2000, 16000, 20, 0);
        tacho_orders<double> orders(with_tacho());
        const std::vector<double> still(40000);
        orders.push(x.data(), pulses.data(), x.size());
        orders.push(still.data(), still.data(), still.size());
        CPPUNIT_ASSERT(orders.known() > 50000); // nothing is waited for
        orders.skip(1000000);
        const auto before = orders.take();
        orders.push(x.data(), pulses.data(), x.size());
        orders.finish();
        const auto after = orders.take();
        CPPUNIT_ASSERT(before.size() > 140 &&
                       before.back().sample < 16000 - 6 * 100); // of 16 turns
        CPPUNIT_ASSERT(after.size() > 150 && after.front().sample >= 1056000);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(20, after[50].frequency, 0.01);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, after[50].amplitudes[0], 0.01);
        CPPUNIT_ASSERT_THROW(orders.push(x.data(), pulses.data(), 1), std::invalid_argument);
        auto wrong = with_tacho();
        wrong.orders = { -1 };
        qa::assert_refused("orders: -1: must be positive, at most 1e4", [&] { wrong.check(); });
        wrong = with_tacho();
        wrong.ppr = 0;
        qa::assert_refused("ppr: 0: must be 1 .. 10^6 pulses per revolution",
                           [&] { wrong.check(); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_machine_rows);
