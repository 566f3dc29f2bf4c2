/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/machine_support.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/speed/angular_resampler.h>
#include <boost/math/special_functions/bessel.hpp>
#include <limits>

using namespace gr::stft::kernel;

namespace {

angular_settings settings(double rate, std::size_t hop = 1, std::size_t samples_per_rev = 64)
{
    angular_settings s;
    s.samp_rate = rate;
    s.hop = hop;
    s.samples_per_rev = samples_per_rev;
    return s;
}

template <class T>
struct resampled {
    std::vector<T> samples;
    std::vector<angle_position> where;
};

template <class T>
void read(angular_resampler<T>& r, resampled<T>& all, std::size_t room = 1000)
{
    for (std::size_t n = room; n == room;) {
        const auto at = all.samples.size();
        all.samples.resize(at + room);
        all.where.resize(at + room);
        n = r.read(all.samples.data() + at, all.where.data() + at, room);
        all.samples.resize(at + n);
        all.where.resize(at + n);
    }
}

//! Everything at once.
template <class T>
resampled<T>
resample(const angular_settings& s, const std::vector<T>& x, const std::vector<double>& speeds)
{
    angular_resampler<T> r(s);
    r.add(x.data(), x.size());
    for (std::size_t i = 0; i < speeds.size(); ++i)
        r.add_speed({ static_cast<std::int64_t>(i * s.hop), 0 }, speeds[i]);
    r.finish_samples();
    r.finish_speeds();
    resampled<T> all;
    read(r, all);
    return all;
}

std::vector<double> every(std::size_t hop, const std::vector<double>& values)
{
    std::vector<double> some;
    for (std::size_t i = 0; i < values.size(); i += hop)
        some.push_back(values[i]);
    return some;
}

struct order {
    double number, amplitude;
};
const std::vector<order> orders{ { 1, 1 }, { 8, 0.1 }, { 18.5, 0.01 } };

//! The sum of the orders at an angle; the imaginary part of a complex signal lags by a quarter.
template <class T>
T orders_at(double angle)
{
    T sum{};
    for (const auto& o : orders) {
        const auto phase = qa::two_pi * (o.number * angle + 0.1 * o.number);
        if constexpr (is_real_v<T>)
            sum += static_cast<T>(o.amplitude * std::cos(phase));
        else
            sum += T(static_cast<float>(o.amplitude * std::cos(phase)),
                     static_cast<float>(o.amplitude * std::sin(phase)));
    }
    return sum;
}

template <class T>
std::vector<T> signal_of(const qa::machine& m)
{
    std::vector<T> x(m.angle.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = orders_at<T>(m.angle[i]);
    return x;
}

double angle_of(const angle_position& p, std::size_t samples_per_rev)
{
    return static_cast<double>(p.revolution) +
           static_cast<double>(p.cell) / static_cast<double>(samples_per_rev);
}

//! dB below the signal, but for the first and the last few revolutions.
template <class T>
double error_of(const resampled<T>& all, std::size_t samples_per_rev)
{
    double error = 0, power = 0;
    const auto ends = 4 * samples_per_rev;
    CPPUNIT_ASSERT(all.samples.size() > 20 * ends);
    for (std::size_t i = ends; i + ends < all.samples.size(); ++i) {
        const auto expected = orders_at<T>(angle_of(all.where[i], samples_per_rev));
        error += std::norm(std::complex<double>(all.samples[i] - expected));
        power += std::norm(std::complex<double>(expected));
    }
    return 10 * std::log10(error / power);
}

//! dB by which the level of each order is off over 64 revolutions, the worst.
template <class T>
double levels_off(const resampled<T>& all, std::size_t samples_per_rev)
{
    double worst = 0;
    const auto n = 64 * samples_per_rev;
    for (std::size_t start = 4 * samples_per_rev; start + n < all.samples.size(); start += n)
        for (const auto& o : orders) {
            std::complex<double> sum = 0;
            for (std::size_t i = 0; i < n; ++i)
                sum += std::complex<double>(all.samples[start + i]) *
                       std::polar((1 - std::cos(qa::two_pi * static_cast<double>(i) /
                                                static_cast<double>(n))),
                                  -qa::two_pi * o.number *
                                      angle_of(all.where[start + i], samples_per_rev));
            const auto amplitude = std::abs(sum) / static_cast<double>(n) * (is_real_v<T> ? 2 : 1);
            worst = std::max(worst, std::abs(20 * std::log10(amplitude / o.amplitude)));
        }
    return worst;
}

template <class T>
void assert_same(const resampled<T>& a,
                 const resampled<T>& b,
                 std::int64_t later = 0,
                 std::int64_t more = 0)
{
    CPPUNIT_ASSERT_EQUAL(a.samples.size(), b.samples.size());
    CPPUNIT_ASSERT(a.samples == b.samples);
    for (std::size_t i = 0; i < a.where.size(); ++i) {
        const auto &p = a.where[i], &q = b.where[i];
        CPPUNIT_ASSERT_EQUAL(p.revolution + more, q.revolution);
        CPPUNIT_ASSERT_EQUAL(p.cell, q.cell);
        CPPUNIT_ASSERT_EQUAL(p.at.sample + later, q.at.sample);
        CPPUNIT_ASSERT_EQUAL(p.at.fraction, q.at.fraction);
        CPPUNIT_ASSERT_EQUAL(p.speed, q.speed);
        CPPUNIT_ASSERT_EQUAL(p.after_gap, q.after_gap);
    }
}

double sample_of(const angle_position& p)
{
    return static_cast<double>(p.at.sample) + p.at.fraction;
}

} // namespace

class qa_angular_resampler : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_angular_resampler);
    CPPUNIT_TEST(orders_keep_their_phase_and_level_when_the_speed_is_known);
    CPPUNIT_TEST(speeds_a_hop_apart_are_enough_for_smooth_laws);
    CPPUNIT_TEST(instants_are_those_of_closed_forms);
    CPPUNIT_TEST(a_sample_is_the_sum_with_a_windowed_sinc);
    CPPUNIT_TEST(a_constant_stays_and_what_would_alias_goes);
    CPPUNIT_TEST(an_impulse_once_a_revolution_lands_on_one_cell);
    CPPUNIT_TEST(a_standstill_is_a_gap_and_revolutions_go_on_after_it);
    CPPUNIT_TEST(nothing_comes_between_a_speed_and_none);
    CPPUNIT_TEST(any_split_gives_the_same);
    CPPUNIT_TEST(numbers_of_2_40_and_millions_of_speeds_lose_nothing);
    CPPUNIT_TEST(a_sample_that_is_not_finite_stays_within_reach);
    CPPUNIT_TEST(speeds_at_any_instants_are_taken_and_hold_at_the_ends);
    CPPUNIT_TEST(short_signals_and_missing_speeds_come_to_an_end);
    CPPUNIT_TEST(steps_of_the_speed_leave_it_positive_and_found);
    CPPUNIT_TEST(another_rate_scales_the_speeds_that_follow);
    CPPUNIT_TEST(bad_settings_are_refused_by_name_value_and_rule);
    CPPUNIT_TEST_SUITE_END();

    template <class T>
    static void check_orders()
    {
        const auto type = qa::type_name<T>();
        const qa::context in_type("type", type);
        for (double rate : { 4096.0, 25600.0 })
            for (const auto& law : { qa::run_up, qa::swing }) {
                const qa::machine m(law, rate, 12);
                const auto all = resample(settings(rate), signal_of<T>(m), m.speed);
                CPPUNIT_ASSERT(error_of(all, 64) < -95);
                CPPUNIT_ASSERT(levels_off(all, 64) < 0.001);
                CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(std::floor(m.angle.back() * 64)) + 1,
                                     all.samples.size());
            }
    }

    void orders_keep_their_phase_and_level_when_the_speed_is_known()
    {
        check_orders<float>();
        check_orders<double>();
        check_orders<std::complex<float>>();
    }

    void speeds_a_hop_apart_are_enough_for_smooth_laws()
    {
        const qa::machine fast(qa::run_up, 25600, 12), swing(qa::swing, 25600, 12);
        for (const auto& [m, hop, limit] : { std::tuple(&fast, 64, -110.0),
                                             std::tuple(&fast, 256, -105.0),
                                             std::tuple(&swing, 256, -105.0),
                                             std::tuple(&swing, 1024, -70.0) }) {
            const qa::context here("hop", hop);
            const auto step = static_cast<std::size_t>(hop);
            const auto all =
                resample(settings(25600, step), signal_of<double>(*m), every(step, m->speed));
            CPPUNIT_ASSERT(error_of(all, 64) < limit);
        }
    }

    void instants_are_those_of_closed_forms()
    {
        // speed a + b t between speeds at any hop: angle a t + b t^2 / 2
        for (std::size_t hop : { 1, 100, 4096 })
            for (const auto& [a, b] :
                 { std::pair(20.0, 0.0), std::pair(10.0, 5.0), std::pair(60.0, -4.0) }) {
                const qa::context here("hop", hop);
                const auto start = a, slope = b;
                const qa::machine m([=](double t) { return start + slope * t; }, 8192, 10);
                const auto all =
                    resample(settings(8192, hop), std::vector<float>(81920), every(hop, m.speed));
                CPPUNIT_ASSERT(all.where.size() > 5000);
                for (const auto& p : all.where) {
                    const auto angle = angle_of(p, 64);
                    const auto t = 2 * angle / (a + std::sqrt(a * a + 2 * b * angle));
                    if (t * 8192 > 81920 - static_cast<double>(hop)) // the last speed holds
                        break;
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(t * 8192, sample_of(p), 1e-6);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL((a + b * t) / 8192, p.speed, 1e-9);
                }
            }
    }

    void a_sample_is_the_sum_with_a_windowed_sinc()
    {
        std::mt19937 random(5);
        std::normal_distribution<double> normal;
        std::vector<double> x(20000);
        for (auto& each : x)
            each = normal(random);
        for (double speed : { 70.0, 31.0, 12.0, 0.7 }) {
            const qa::context here("speed", speed);
            const auto all = resample(settings(4096), x, std::vector<double>(x.size(), speed));
            const auto least = 4096 / (64 * speed);
            double stretch = 1;
            while (stretch < least)
                stretch *= std::exp2(0.25);
            const auto reach = std::ceil(16 * stretch);
            double error = 0, power = 0;
            for (std::size_t i = 0; i < all.samples.size(); i += 1 + all.samples.size() / 200) {
                double sum = 0, taps = 0;
                for (double n = std::floor(sample_of(all.where[i])) + 1 - reach, left = 2 * reach;
                     left > 0;
                     ++n, --left) {
                    const auto u = n - sample_of(all.where[i]),
                               angle = qa::two_pi / 2 * 0.92 * u / stretch;
                    const auto inside = 1 - u * u / (reach * reach);
                    const auto tap =
                        (u == 0 ? 1 : std::sin(angle) / angle) *
                        boost::math::cyl_bessel_i(0, 9 * std::sqrt(std::max(0.0, inside)));
                    taps += tap;
                    if (n >= 0 && n < static_cast<double>(x.size()))
                        sum += tap * x[static_cast<std::size_t>(n)];
                }
                const auto expected = sum / taps;
                error += (all.samples[i] - expected) * (all.samples[i] - expected);
                power += expected * expected;
            }
            CPPUNIT_ASSERT(10 * std::log10(error / power) < -95);
        }
    }

    void a_constant_stays_and_what_would_alias_goes()
    {
        const qa::machine m(qa::run_up, 25600, 6);
        const std::vector<float> ones(m.angle.size(), 1);
        const auto all = resample(settings(25600, 1, 16), ones, m.speed);
        // sums of up to 4000 products in single precision: a root of them times half a unit in the last place
        const auto rounding = std::sqrt(4000.0) * 6e-8;
        for (std::size_t i = 0; i < all.samples.size(); ++i)
            if (all.where[i].at.sample > 3000 && all.where[i].at.sample < 150000)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, all.samples[i], rounding);
        for (double number : { 9.5, 14.0, 21.0, 100.0 }) { // 7 at most of 16 per revolution
            const qa::context here("order", number);
            std::vector<float> x(m.angle.size());
            for (std::size_t i = 0; i < x.size(); ++i)
                x[i] = static_cast<float>(std::cos(qa::two_pi * number * m.angle[i]));
            const auto rest = resample(settings(25600, 1, 16), x, m.speed);
            for (std::size_t i = 0; i < rest.samples.size(); ++i)
                if (rest.where[i].at.sample > 3000 && rest.where[i].at.sample < 150000)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(0, rest.samples[i], 1e-4);
        }
    }

    void an_impulse_once_a_revolution_lands_on_one_cell()
    {
        // a short bell at angle 0.3 of each revolution, and speeds known a hop late
        for (const auto& law : { qa::run_up, qa::swing }) {
            const qa::machine m(law, 25600, 10);
            std::vector<double> x(m.angle.size());
            for (std::size_t i = 0; i < x.size(); ++i) {
                const auto off = m.angle[i] - std::floor(m.angle[i]) - 19.0 / 64;
                x[i] = std::exp(-0.5 * off * off * 64 * 64 / 6.25);
            }
            const auto all = resample(settings(25600, 256), x, every(256, m.speed));
            for (std::size_t i = 128; i + 128 < all.samples.size(); ++i) {
                const auto off = (static_cast<double>(all.where[i].cell) - 19) / 2.5;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(std::exp(-0.5 * off * off), all.samples[i], 2e-5);
            }
        }
    }

    void a_standstill_is_a_gap_and_revolutions_go_on_after_it()
    {
        const auto twice = [](double t) { return qa::start_and_stop(std::fmod(t, 20)); };
        const qa::machine m(twice, 4096, 36);
        auto s = settings(4096, 16);
        s.f_min = 3;
        for (bool known : { true, false }) {
            auto speeds = every(16, m.speed);
            if (!known)
                for (auto& f : speeds)
                    f = f < 3 ? std::numeric_limits<double>::quiet_NaN() : f;
            const auto all = resample(s, signal_of<float>(m), speeds);
            std::vector<std::size_t> gaps;
            for (std::size_t i = 0; i < all.where.size(); ++i) {
                const auto& p = all.where[i];
                if (p.after_gap)
                    gaps.push_back(i);
                else
                    CPPUNIT_ASSERT_EQUAL(all.where[i - 1].revolution * 64 +
                                             static_cast<std::int64_t>(all.where[i - 1].cell) + 1,
                                         p.revolution * 64 + static_cast<std::int64_t>(p.cell));
                CPPUNIT_ASSERT(m.at(m.speed, sample_of(p)) > 2.9);
                if (known)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        m.at(m.angle, sample_of(p)), angle_of(p, 64), 1e-3);
            }
            CPPUNIT_ASSERT_EQUAL(std::size_t(2), gaps.size());
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), gaps[0]);
            for (auto i : gaps)
                CPPUNIT_ASSERT_EQUAL(std::size_t(0), all.where[i].cell);
            CPPUNIT_ASSERT(all.where[gaps[1]].at.sample - all.where[gaps[1] - 1].at.sample >
                           4 * 4096);
        }
    }

    void nothing_comes_between_a_speed_and_none()
    {
        auto s = settings(1000, 100, 16);
        s.f_min = 5;
        std::vector<double> speeds(40, 20);
        for (std::size_t i = 10; i < 20; ++i)
            speeds[i] = i % 2 ? 0 : 4.9;
        for (const auto& p : resample(s, std::vector<float>(4000, 1), speeds).where)
            CPPUNIT_ASSERT(sample_of(p) <= 900 || sample_of(p) >= 2000);
    }

    template <class T>
    static void check_splits(double lowest)
    {
        const qa::machine m(qa::start_and_stop, 4096, 20);
        auto s = settings(4096, 50);
        s.f_min = lowest;
        const auto x = signal_of<T>(m);
        const auto speeds = every(50, m.speed);
        const auto all = resample(s, x, speeds);
        for (unsigned walk = 0; walk < 20; ++walk) {
            const qa::context here("walk", walk);
            std::mt19937 random(walk + 1);
            angular_resampler<T> r(s);
            resampled<T> got;
            std::size_t i = 0, p = 0;
            while (i < x.size() || p < speeds.size()) {
                const auto n =
                    std::min<std::size_t>(random() % (walk % 2 ? 5000 : 70), x.size() - i);
                r.add(x.data() + i, n);
                i += n;
                for (auto k = random() % (walk % 3 ? 90 : 3); k > 0 && p < speeds.size(); --k, ++p)
                    CPPUNIT_ASSERT(
                        r.add_speed({ static_cast<std::int64_t>(50 * p), 0 }, speeds[p]));
                if (i == x.size())
                    r.finish_samples();
                if (p == speeds.size())
                    r.finish_speeds();
                read(r, got, 1 + random() % 300);
            }
            read(r, got);
            assert_same(all, got);
        }
    }

    void any_split_gives_the_same()
    {
        check_splits<float>(2);
        check_splits<float>(
            44); // the longest sums are in use, which need all samples that are held
        check_splits<double>(2);
        check_splits<std::complex<float>>(44);
    }

    void numbers_of_2_40_and_millions_of_speeds_lose_nothing()
    {
        constexpr std::int64_t later = std::int64_t(1) << 40, more = (std::int64_t(1) << 40) + 3;
        const qa::machine m(qa::swing, 4096, 6);
        const auto s = settings(4096, 64);
        const auto x = signal_of<float>(m);
        const auto speeds = every(64, m.speed);
        angular_resampler<float> r(s, later, more);
        r.add(x.data(), x.size());
        for (std::size_t i = 0; i < speeds.size(); ++i)
            r.add_speed({ later + static_cast<std::int64_t>(64 * i), 0 }, speeds[i]);
        r.finish_samples();
        r.finish_speeds();
        resampled<float> got;
        read(r, got);
        assert_same(resample(s, x, speeds), got, later, more);

        auto slow = settings(1, 1, 2);
        slow.f_min = 0.01;
        angular_resampler<float> many(slow);
        const std::vector<float> zeros(1000);
        resampled<float> last;
        constexpr std::int64_t count = 3000000;
        for (std::int64_t i = 0; i < count; ++i) {
            if (i % 1000 == 0) {
                many.add(zeros.data(), zeros.size());
                last = {};
                read(many, last);
            }
            many.add_speed({ i, 0 }, i % 2 ? 0.31 : 0.29);
        }
        // 0.3 revolutions a sample, whatever the polynomial: it repeats every other sample
        const auto& p = last.where.back();
        const auto expected = angle_of(p, 2) / 0.3;
        CPPUNIT_ASSERT(p.at.sample > count - 2000);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, sample_of(p), 0.1);
        CPPUNIT_ASSERT(many.held() < 20000);
    }

    void a_sample_that_is_not_finite_stays_within_reach()
    {
        const qa::machine m(qa::run_up, 4096, 6);
        const auto x = signal_of<float>(m);
        const auto all = resample(settings(4096), x, m.speed);
        auto other = x;
        other[9000] = std::numeric_limits<float>::quiet_NaN();
        const auto got = resample(settings(4096), other, m.speed);
        std::size_t spoiled = 0;
        for (std::size_t i = 0; i < all.samples.size(); ++i) {
            const auto stretch = std::max(1.0, 1 / (64 * all.where[i].speed)) * std::exp2(0.25);
            if (std::abs(sample_of(all.where[i]) - 9000) > 16 * stretch + 1)
                CPPUNIT_ASSERT_EQUAL(all.samples[i], got.samples[i]);
            else
                spoiled += std::isnan(got.samples[i]);
        }
        CPPUNIT_ASSERT(spoiled > 10);
    }

    void speeds_at_any_instants_are_taken_and_hold_at_the_ends()
    {
        const qa::machine m(qa::run_up, 4096, 10);
        const auto x = signal_of<double>(m);
        angular_resampler<double> r(settings(4096));
        r.add(x.data(), x.size());
        std::mt19937 random(9);
        std::uniform_real_distribution<double> uniform(1, 40);
        for (double at = -60; at < 35000; at += uniform(random)) {
            const auto whole = std::floor(at);
            CPPUNIT_ASSERT(r.add_speed({ static_cast<std::int64_t>(whole), at - whole },
                                       qa::run_up(std::max(0.0, at / 4096))));
            CPPUNIT_ASSERT(!r.add_speed({ static_cast<std::int64_t>(whole), at - whole }, 10));
        }
        r.finish_samples();
        r.finish_speeds();
        resampled<double> all;
        read(r, all);
        CPPUNIT_ASSERT_EQUAL(0.0, sample_of(all.where[0]));
        for (const auto& p : all.where) {
            if (p.at.sample < 34000)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(m.at(m.angle, sample_of(p)), angle_of(p, 64), 1e-5);
            if (p.at.sample > 35000)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(all.where.back().speed, p.speed, 1e-12);
        }
        CPPUNIT_ASSERT(all.where.back().at.sample > 40900);
    }

    void short_signals_and_missing_speeds_come_to_an_end()
    {
        for (std::size_t length : { 0, 1, 2, 100 })
            for (std::size_t speeds : { 0, 1, 2, 3, 4, 200 }) {
                const qa::context here("length", length), with("speeds", speeds);
                const auto all = resample(settings(1000, 2, 16),
                                          std::vector<float>(length, 1),
                                          std::vector<double>(speeds, 125));
                const auto expected = length && speeds ? 2 * (length - 1) + 1 : 0;
                CPPUNIT_ASSERT_EQUAL(expected, all.samples.size());
            }
        angular_resampler<float> r(settings(1000, 2, 16));
        float out[8];
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), r.read(out, nullptr, 8));
        CPPUNIT_ASSERT(r.lacks_speeds() && !r.lacks_samples());
        for (int i = 0; i < 100; ++i)
            r.add_speed({ 2 * i, 0 }, 125);
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), r.read(out, nullptr, 8));
        CPPUNIT_ASSERT(!r.lacks_speeds() && r.lacks_samples());
    }

    void steps_of_the_speed_leave_it_positive_and_found()
    {
        std::mt19937 random(2);
        std::vector<double> speeds(4000);
        for (auto& f : speeds)
            f = random() % 3 ? 50 : 2 + 0.001 * static_cast<double>(random() % 1000);
        auto s = settings(4096, 64, 512);
        s.f_min = 2;
        const auto all = resample(s, std::vector<float>(256000, 1), speeds);
        double before = -1;
        for (const auto& p : all.where) {
            CPPUNIT_ASSERT(p.speed > 0.9 / 4096);
            CPPUNIT_ASSERT(sample_of(p) > before);
            before = sample_of(p);
            CPPUNIT_ASSERT(!p.after_gap);
        }
        CPPUNIT_ASSERT(all.where.size() > 512 * 30 * 50);
    }

    void another_rate_scales_the_speeds_that_follow()
    {
        angular_resampler<float> r(settings(1000, 1, 16));
        const std::vector<float> ones(3000, 1);
        r.add(ones.data(), ones.size());
        r.set_rate(2000);
        for (int i = 0; i < 3000; ++i)
            r.add_speed({ i, 0 }, 20);
        r.finish_samples();
        r.finish_speeds();
        resampled<float> all;
        read(r, all);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(16 * 2999 * 0.01, static_cast<double>(all.samples.size()), 1);
        qa::assert_refused("samp_rate: 0: must be 1e-30 .. 1e30 Hz", [&] { r.set_rate(0); });
    }

    void bad_settings_are_refused_by_name_value_and_rule()
    {
        const auto refused = [](const std::string& message, auto change) {
            auto s = settings(1000);
            change(s);
            qa::assert_refused(message, [&] { angular_resampler<float> r(s); });
        };
        refused("samp_rate: nan: must be 1e-30 .. 1e30 Hz", [](auto& s) { s.samp_rate = NAN; });
        refused("hop: 0: must be 1 .. 2^40 samples", [](auto& s) { s.hop = 0; });
        refused("samples_per_rev: 1: must be 2 .. 2^20", [](auto& s) { s.samples_per_rev = 1; });
        const std::string rule = "must be 0 (samp_rate / (512 samples_per_rev)), or samp_rate / "
                                 "(8192 samples_per_rev) .. samp_rate / 2 Hz";
        refused("f_min: 0.0001: " + rule, [](auto& s) { s.f_min = 1e-4; });
        refused("f_min: 501: " + rule, [](auto& s) { s.f_min = 501; });
        refused("f_min: -1: " + rule, [](auto& s) { s.f_min = -1; });
        angular_settings().check();
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_angular_resampler);
