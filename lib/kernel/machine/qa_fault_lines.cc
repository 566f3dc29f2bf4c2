/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/machine/fault_lines.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

constexpr double speed = 25;

fault_lines_settings settings_of(const bearing_geometry& g)
{
    fault_lines_settings s;
    static_cast<bearing_geometry&>(s) = g;
    s.n_fft = 32768;
    s.win_length = 12000;
    s.samp_rate = 2000;
    return s;
}

bearing_geometry geometry(std::size_t balls, double ball, double pitch, double angle = 0)
{
    bearing_geometry g;
    g.balls = balls;
    g.ball_diameter = ball;
    g.pitch_diameter = pitch;
    g.contact_angle = angle;
    return g;
}

const std::vector<bearing_geometry> geometries{ geometry(8, 0.235, 1.245),
                                                geometry(9, 0.3126, 1.537),
                                                geometry(12, 8, 50, 25),
                                                geometry(16, 0.331, 2.815, 15.17),
                                                geometry(7, 0.3, 1.1) };

//! A row of noise on a slope, with lines whose power over the noise falls as 1 / h^2.
template <class R = double>
std::vector<R>
row_of(const fault_lines_settings& s, unsigned seed, double line = 0, double power = 0)
{
    std::minstd_rand random(seed);
    std::exponential_distribution<double> noise(1);
    std::vector<double> row(s.bins());
    for (auto& each : row)
        each = noise(random);
    // the window's main lobe is several bins wide, so neighbours are alike
    std::vector<R> out(s.bins());
    for (std::size_t k = 0; k < row.size(); ++k) {
        double sum = 0;
        for (std::size_t i = 0; i < 3; ++i)
            sum += row[std::min(k + i, row.size() - 1)] / 3;
        const auto hertz = static_cast<double>(k) * s.spacing();
        for (int h = 1; h <= 4 && line > 0; ++h)
            sum += power / (h * h) * std::exp(-std::pow((hertz - h * line) / 0.2, 2));
        out[k] = static_cast<R>(sum * (1 + 50 / (1 + hertz)));
    }
    return out;
}

} // namespace

//! The lines of a bearing in the spectrum of an envelope.
class qa_fault_lines : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_fault_lines);
    CPPUNIT_TEST(orders_are_those_of_the_geometry);
    CPPUNIT_TEST(each_line_is_named_with_its_stretch);
    CPPUNIT_TEST(noise_accuses_nobody);
    CPPUNIT_TEST(an_order_of_the_shaft_next_to_a_line_accuses_nobody);
    CPPUNIT_TEST(frequencies_that_are_compared_have_no_meaning);
    CPPUNIT_TEST(what_is_missing_is_said);
    CPPUNIT_TEST(values_are_those_of_the_report);
    CPPUNIT_TEST(lines_above_half_of_the_rate_are_not_looked_for);
    CPPUNIT_TEST(a_gain_changes_nothing);
    CPPUNIT_TEST(a_row_is_judged_alike_whatever_was_before);
    CPPUNIT_TEST(bad_settings_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void orders_are_those_of_the_geometry()
    {
        const auto g = geometry(8, 0.235, 1.245); // as its maker tells them for 25 Hz
        CPPUNIT_ASSERT_DOUBLES_EQUAL(81.125, 25 * g.order(bearing_fault::bpfo), 5e-3);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(118.875, 25 * g.order(bearing_fault::bpfi), 5e-3);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(63.91, 25 * g.order(bearing_fault::bsf), 0.1);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            2 * g.order(bearing_fault::bsf), g.knocks(bearing_fault::bsf), 1e-12);
        for (const auto& each : geometries) {
            const auto balls = static_cast<double>(each.balls);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                balls, each.order(bearing_fault::bpfo) + each.order(bearing_fault::bpfi), 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                each.order(bearing_fault::bpfo), balls * each.order(bearing_fault::ftf), 1e-12);
        }
        const auto angular = geometry(12, 10, 50, 60); // c = 0.1
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.45, angular.order(bearing_fault::ftf), 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(2.475, angular.order(bearing_fault::bsf), 1e-12);
    }

    void each_line_is_named_with_its_stretch()
    {
        for (const auto& g : geometries)
            for (std::size_t i = 0; i < bearing_faults; ++i) {
                const auto fault = static_cast<bearing_fault>(i);
                const std::string name = name_of(fault);
                const qa::context balls("balls", g.balls);
                const qa::context line("line", name);
                const auto s = settings_of(g);
                fault_lines lines(s);
                const auto row = row_of(s, 7, g.knocks(fault) * speed * 0.991, 30);
                const auto& report = lines.examine(row.data(), speed);
                CPPUNIT_ASSERT(!report.missing);
                CPPUNIT_ASSERT(report.fault == fault);
                CPPUNIT_ASSERT(report.lines[i].z > 4);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0.991, report.lines[i].stretch, 2e-3);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(g.order(fault) * speed * report.lines[i].stretch,
                                             report.lines[i].frequency,
                                             1e-9);
            }
    }

    void noise_accuses_nobody()
    {
        for (const auto& g : geometries) {
            const auto s = settings_of(g);
            fault_lines lines(s);
            for (unsigned seed = 1; seed <= 40; ++seed) {
                const qa::context balls("balls", g.balls);
                const qa::context here("seed", seed);
                CPPUNIT_ASSERT(!lines.examine(row_of(s, seed).data(), speed).fault);
            }
        }
    }

    void an_order_of_the_shaft_next_to_a_line_accuses_nobody()
    {
        const auto g = geometries[3]; // BPFO is 7.09
        const auto s = settings_of(g);
        fault_lines lines(s);
        for (const double stretch : { 0.99, 1.0, 1.006 }) {
            const qa::context here("stretch", stretch);
            auto row = row_of(s, 3);
            for (std::size_t k = 0; k < row.size(); ++k)
                for (int order = 1; order <= 16; ++order)
                    row[k] +=
                        100 *
                        std::exp(-std::pow(
                            (static_cast<double>(k) * s.spacing() - order * speed * stretch) / 0.2,
                            2));
            const auto& report = lines.examine(row.data(), speed);
            CPPUNIT_ASSERT(!report.fault);
            CPPUNIT_ASSERT(report.shaft.z > 4);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(stretch, report.shaft.stretch, 1e-3);
        }
    }

    void frequencies_that_are_compared_have_no_meaning()
    {
        for (const auto& g : geometries) {
            const fault_lines lines(settings_of(g));
            CPPUNIT_ASSERT(lines.compared().size() > 60);
            for (const auto order : lines.compared())
                for (std::size_t i = 0; i < bearing_faults; ++i)
                    for (const double ratio : { 1.0, 2.0, 3.0, 4.0, 0.5, 0.25, 2.0 / 3 })
                        CPPUNIT_ASSERT(
                            std::abs(order / (ratio * g.knocks(static_cast<bearing_fault>(i))) -
                                     1) >= 0.03);
        }
    }

    void what_is_missing_is_said()
    {
        const auto s = settings_of(geometries[0]);
        fault_lines lines(s);
        const auto row = row_of(s, 1, 81, 30);
        CPPUNIT_ASSERT(lines.examine(row.data(), speed).fault == bearing_fault::bpfo);
        const auto missing = [&](const std::vector<double>& from, double at) {
            const auto& report = lines.examine(from.data(), at);
            CPPUNIT_ASSERT(!report.fault);
            for (const auto& line : report.lines)
                CPPUNIT_ASSERT(std::isnan(line.z));
            for (const auto each : lines.whitened())
                CPPUNIT_ASSERT_EQUAL(0.0f, each);
            return std::string(report.missing ? report.missing : "nothing");
        };
        for (const double at : { 0.0, -25.0, double(NAN), double(INFINITY) })
            CPPUNIT_ASSERT_EQUAL(std::string("no speed"), missing(row, at));
        CPPUNIT_ASSERT_EQUAL(std::string("too few turns"), missing(row, 3.3));
        CPPUNIT_ASSERT_EQUAL(std::string("no signal"),
                             missing(std::vector(row.size(), 0.0), speed));
        for (const double bad : { double(NAN), double(INFINITY), -1.0 }) {
            auto damaged = row;
            damaged[100] = bad;
            CPPUNIT_ASSERT_EQUAL(std::string("no signal"), missing(damaged, speed));
        }
        CPPUNIT_ASSERT(lines.examine(row.data(), speed).fault == bearing_fault::bpfo);
    }

    void values_are_those_of_the_report()
    {
        const auto s = settings_of(geometries[0]);
        fault_lines lines(s);
        const auto row = row_of(s, 1, 81, 30);
        const auto value = [](const fault_report& report, const std::string& key) {
            for (const auto& [name, each] : values_of(report))
                if (name == key)
                    return json_value(each);
            return std::string("no such key");
        };
        const auto report = lines.examine(row.data(), speed);
        const auto& line = report.lines[static_cast<std::size_t>(bearing_fault::bpfo)];
        CPPUNIT_ASSERT_EQUAL(std::string("\"BPFO\""), value(report, "fault"));
        CPPUNIT_ASSERT_EQUAL(json_number(line.z), value(report, "z"));
        CPPUNIT_ASSERT_EQUAL(json_number(line.z), value(report, "z_bpfo"));
        CPPUNIT_ASSERT_EQUAL(json_number(line.frequency), value(report, "frequency"));
        CPPUNIT_ASSERT_EQUAL(json_number(line.stretch), value(report, "stretch_bpfo"));
        CPPUNIT_ASSERT_EQUAL(json_number(report.shaft.z), value(report, "z_shaft"));
        CPPUNIT_ASSERT_EQUAL(std::string("null"), value(report, "missing"));
        const auto nothing = lines.examine(row.data(), 0);
        CPPUNIT_ASSERT_EQUAL(std::string("\"no speed\""), value(nothing, "missing"));
        for (const char* key : { "fault", "z", "frequency", "stretch", "z_bsf", "stretch_shaft" })
            CPPUNIT_ASSERT_EQUAL(std::string("null"), value(nothing, key));
    }

    void lines_above_half_of_the_rate_are_not_looked_for()
    {
        const auto s = settings_of(geometries[0]); // BPFI at 4.755, twice BSF at 5.11
        fault_lines lines(s);
        const auto& report = lines.examine(row_of(s, 1).data(), 204);
        CPPUNIT_ASSERT(std::isfinite(report.lines[static_cast<int>(bearing_fault::bpfi)].z));
        CPPUNIT_ASSERT(std::isnan(report.lines[static_cast<int>(bearing_fault::bsf)].z));
    }

    void a_gain_changes_nothing()
    {
        const auto s = settings_of(geometries[0]);
        fault_lines lines(s);
        const auto row = row_of(s, 2, 80.5, 5);
        const auto plain = lines.examine(row.data(), speed);
        for (const double gain : { 0x1p-600, 1e-30, 1e-12, 1e12, 1e30, 0x1p600 }) {
            const qa::context here("gain", gain);
            auto louder = row;
            for (auto& each : louder)
                each *= gain;
            const auto& report = lines.examine(louder.data(), speed);
            for (std::size_t i = 0; i < bearing_faults; ++i)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(plain.lines[i].z, report.lines[i].z, 1e-4);
        }
        const auto single = row_of<float>(s, 2, 80.5, 5);
        for (std::size_t i = 0; i < bearing_faults; ++i)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                plain.lines[i].z, lines.examine(single.data(), speed).lines[i].z, 1e-4);
    }

    void a_row_is_judged_alike_whatever_was_before()
    {
        const auto s = settings_of(geometries[1]);
        fault_lines used(s), fresh(s);
        used.examine(row_of(s, 5, 130, 50).data(), 31);
        used.examine(row_of(s, 5, NAN, 50).data(), 25);
        const auto row = row_of(s, 6);
        const auto& a = used.examine(row.data(), 27.5);
        const auto& b = fresh.examine(row.data(), 27.5);
        for (std::size_t i = 0; i < bearing_faults; ++i)
            CPPUNIT_ASSERT_EQUAL(b.lines[i].z, a.lines[i].z);
        CPPUNIT_ASSERT(used.whitened() == fresh.whitened());
    }

    void bad_settings_are_refused()
    {
        const auto refused = [](const char* name, auto change) {
            auto s = settings_of(geometries[0]);
            change(s);
            const qa::context here("parameter", name);
            try {
                fault_lines made(s);
            } catch (const std::invalid_argument& e) {
                CPPUNIT_ASSERT_EQUAL(std::string(name) + ":",
                                     std::string(e.what()).substr(0, std::string(name).size() + 1));
                return;
            }
            CPPUNIT_FAIL("not refused");
        };
        refused("n_fft", [](auto& s) { s.n_fft = 15; });
        refused("win_length", [](auto& s) { s.win_length = s.n_fft + 1; });
        refused("samp_rate", [](auto& s) { s.samp_rate = -1; });
        refused("balls", [](auto& s) { s.balls = 2; });
        refused("balls", [](auto& s) { s.balls = 17; }); // 16.6 have room
        refused("ball_diameter", [](auto& s) { s.ball_diameter = 0; });
        refused("ball_diameter", [](auto& s) { s.ball_diameter = NAN; });
        refused("pitch_diameter", [](auto& s) { s.pitch_diameter = 0.2; });
        refused("contact_angle", [](auto& s) { s.contact_angle = 90; });
        refused("contact_angle", [](auto& s) { s.contact_angle = NAN; });
        refused("tolerance", [](auto& s) { s.tolerance = 0; });
        refused("tolerance", [](auto& s) { s.tolerance = 0.05; });
        refused("harmonics", [](auto& s) { s.harmonics = 0; });
        refused("threshold", [](auto& s) { s.threshold = NAN; });
        refused("whiten", [](auto& s) { s.whiten = 0; });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_fault_lines);
