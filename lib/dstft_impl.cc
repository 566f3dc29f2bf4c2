/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/dstft_block.h"
#include "stream/window_lengths.h"
#include <gnuradio/stft/dstft.h>
#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>
#include <gnuradio/stft/kernel/dstft/dstft_framer.h>
#include <atomic>

namespace gr::stft {

namespace {

//! Change request from a setter or a message.
struct dstft_change : kernel::change<dstft_settings> {
    std::vector<float> theta; // none, one, or one for each bin
};

//! State after a change.
struct pace_and_lengths {
    double hop;
    std::vector<float> theta;

    bool operator==(const pace_and_lengths& other) const
    {
        return hop == other.hop && theta == other.theta;
    }
};

//! Everything that make() checks before a block exists.
template <class T>
struct dstft_design {
    dstft_settings settings;
    kernel::pacing pace;
    kernel::dstft<T> transform;
    float theta;

    explicit dstft_design(const dstft_settings& s)
        : settings(s), pace(s.hop, s.alpha, s.share), transform(s.n_fft, s.window, s.norm, s.share)
    {
        check_theta(s.theta, transform);
        theta = rounded_theta(s.theta, transform);
        if (s.c != 0 && kernel::per_bin(s.share))
            kernel::refuse("c", s.c, "must be 0 where theta depends on the bin");
        if (!kernel::chirp_dstft<T>::takes(s.c, theta))
            kernel::refuse("c", s.c, "must be in -+1 / (2 theta)");
    }
};

} // namespace

template <class T>
class dstft_impl : public dstft_block<dstft<T>, dstft_change, pace_and_lengths>
{
    using base = dstft_block<dstft<T>, dstft_change, pace_and_lengths>;

public:
    explicit dstft_impl(dstft_design<T>&& d)
        : gr::block("dstft",
                    kernel::per_bin(d.settings.share)
                        ? mixed_input_rows(1, { sizeof(T), d.transform.bins() * sizeof(float) })
                        : gr::io_signature::make3(1, 3, sizeof(T), sizeof(float), sizeof(float)),
                    output_rows(d.transform.bins() * sizeof(gr_complex),
                                kernel::per_bin(d.settings.share) ? 3 : 4)),
          base(d.pace.step(d.theta),
               sizeof(T) + 2 * sizeof(float),
               rows_per_call(d.transform.bins() * sizeof(gr_complex)),
               kernel::per_bin(d.settings.share)),
          d_design(std::move(d)),
          d_pace(d_design.pace), d_present{ d_pace.hop(),
                                            std::vector<float>(d_design.transform.thetas(),
                                                               d_design.theta) },
          d_theta(d_present.theta.size()), d_rate(d_design.settings.c), d_framer(n_fft())
    {
        d_theta.set(d_present.theta);
        listen(*this, this->d_logger, [this](const pmt::pmt_t& message) {
            request(change_from(message));
        });
    }

    //! Makes what a chirp takes, which other streams do without.
    bool check_topology(int inputs, int outputs) override
    {
        if (!d_chirps && (inputs > 2 || outputs > 3 || d_rate != 0))
            d_chirps.emplace(n_fft(), d_design.settings.window, d_design.settings.norm);
        return base::check_topology(inputs, outputs);
    }

    void forecast(int, gr_vector_int& required) override
    {
        std::fill(required.begin(), required.end(), 0);
        if (d_done)
            return;
        if (d_lacks && required.size() > d_lacks) {
            const auto lengths = this->detail()->input(static_cast<unsigned>(d_lacks));
            gr::thread::scoped_lock lock(*lengths->mutex());
            if (lengths->items_available() > 0 || lengths->done())
                return;
            // samples are taken meanwhile: those that the lengths are computed from may be among them
            const bool room = d_framer.wanted() > 0 && !this->detail()->input(0)->done();
            required[room ? 0 : d_lacks] = 1;
            return;
        }
        const auto wanted = d_framer.wanted();
        required[0] = wanted == 0 ? 0 : askable(this->detail(), wanted);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        d_lengths = ninput_items.size() > 1 ? static_cast<const float*>(input_items[1]) : nullptr;
        d_lengths_left = d_lengths_given = d_lengths ? ninput_items[1] : 0;
        d_rates = ninput_items.size() > 2 ? static_cast<const float*>(input_items[2]) : nullptr;
        d_rates_left = d_rates_given = d_rates ? ninput_items[2] : 0;
        const auto in = static_cast<const T*>(input_items[0]);
        int used = 0, produced = 0;
        frames(in, ninput_items[0], used, output_items, noutput_items, produced);
        if (used == ninput_items[0] && input_ends(this->detail(), used)) {
            d_framer.finish();
            frames(in, used, used, output_items, noutput_items, produced);
            d_done = d_done || d_framer.received() == 0;
        }
        this->consume(0, used);
        if (d_lengths)
            this->consume(1, d_lengths_given - d_lengths_left);
        if (d_rates)
            this->consume(2, d_rates_given - d_rates_left);
        if (d_done) {
            for (std::size_t port = 0; port < output_items.size(); ++port)
                this->produce(static_cast<int>(port), produced);
            return gr::block::WORK_DONE;
        }
        return produced;
    }

    void set_theta(double theta) override
    {
        dstft_change requested;
        requested.theta = lengths_from({ theta });
        request(requested);
    }

    void set_theta(const std::vector<float>& theta) override
    {
        dstft_change requested;
        requested.theta = lengths_from({ theta.begin(), theta.end() });
        request(requested);
    }

    void request(const kernel::change<dstft_settings>& requested) override
    {
        const auto& theta = requested.wanted(&dstft_settings::theta);
        request(dstft_change{ requested, theta ? lengths_from({ *theta }) : std::vector<float>() });
    }

    std::vector<float> theta() const override
    {
        return this->locked([this] { return d_pending.last(d_present).theta; });
    }

    dstft_settings wanted() const override
    {
        auto s = d_design.settings;
        const auto last = this->locked([this] { return d_pending.last(d_present); });
        s.hop = last.hop;
        s.theta = last.theta[0];
        return s;
    }

    std::uint64_t invalid_thetas() const override { return d_invalid; }
    std::uint64_t invalid_rates() const override { return d_invalid_rates; }

    std::int64_t latency() const override
    {
        const auto greatest = [](const auto& all) {
            return static_cast<double>(*std::max_element(all.begin(), all.end()));
        };
        const auto wanted = this->locked([this] { return d_pending.last(d_present); });
        const double half = greatest(wanted.theta) / 2;
        const auto& pace = d_design.pace; // alpha, unlike the hop, stays
        const double next = pace.fixed_overlap() ? 1 + pace.step(2 * half) : wanted.hop;
        return static_cast<std::int64_t>(std::ceil(std::max(half, next)));
    }

private:
    using base::d_pending;

    std::size_t n_fft() const { return d_design.transform.n_fft(); }
    std::size_t bins() const { return d_design.transform.bins(); }

    //! \throws std::invalid_argument unless these are as many lengths as a frame takes, and possible ones
    std::vector<float> lengths_from(const std::vector<double>& given) const
    {
        if (given.size() != 1 && given.size() != d_theta.size())
            kernel::refuse("theta",
                           std::to_string(given.size()) + " values",
                           "must be one" + (d_theta.size() > 1
                                                ? " or " + std::to_string(d_theta.size())
                                                : std::string()));
        std::vector<float> lengths;
        for (double theta : given) {
            check_theta(theta, d_design.transform);
            lengths.push_back(rounded_theta(theta, d_design.transform));
        }
        if (lengths.size() == 1)
            lengths.resize(d_theta.size(), lengths[0]);
        return lengths;
    }

    dstft_change change_from(const pmt::pmt_t& message) const
    {
        dstft_change requested;
        auto readers = readers_of(requested, { also::at });
        readers["theta"] = [&](const std::string& key, const pmt::pmt_t& value) {
            requested.theta = lengths_from(numbers_in(key, value));
        };
        for_items(message, readers);
        return requested;
    }

    void request(const dstft_change& requested)
    {
        const auto& hop = requested.wanted(&dstft_settings::hop);
        if (hop && d_design.pace.fixed_overlap())
            kernel::refuse("hop", *hop, "follows from theta, since alpha is not 0");
        if (hop)
            kernel::pacing(*hop, 0, d_design.settings.share); // refuses what is out of range
        gr::thread::scoped_lock lock(this->d_setlock);
        d_pending.insert(
            requested, d_present, [](const pace_and_lengths& before, const dstft_change& next) {
                return std::optional(
                    pace_and_lengths{ next.wanted(&dstft_settings::hop).value_or(before.hop),
                                      next.theta.empty() ? before.theta : next.theta });
            });
    }

    //! Emits up to `room` frames from buffered samples, then from `in`; adds their number to
    //! `written`.
    void frames(const T* in, int count, int& used, gr_vector_void_star& out, int room, int& written)
    {
        while (written < room && !d_done) {
            if (!d_framer.is_set() || (!d_pending.empty() && !d_framer.complete()))
                set_frame();
            if (d_framer.ready()) {
                if (d_framer.finished() && d_pace.fixed_overlap() && windows_are_missing())
                    return; // the next one decides whether this is the last frame
                write(out, written++);
            } else {
                const auto left = static_cast<std::size_t>(count - used);
                const auto taken = static_cast<int>(left ? d_framer.push(in + used, left) : 0);
                if (taken == 0) // nothing left, or no room while a window length is missing
                    return;
                this->take_tags(used, used + taken);
                used += taken;
            }
        }
    }

    //! The present frame's window length and the pace to the next one, if they are known.
    void set_frame()
    {
        this->apply_changes(d_framer.centre(), [this](const auto& due) {
            if (const auto& hop = due.change.wanted(&dstft_settings::hop))
                d_pace = kernel::pacing(*hop, 0, d_design.settings.share);
            d_present = due.state;
            if (!d_got_lengths)
                d_theta.set(d_present.theta);
        });
        if (d_framer.is_set() || take_window())
            d_framer.set(d_theta.greatest(), d_pace);
    }

    //! True if window lengths or rates come from an input and the next ones have not arrived.
    bool windows_are_missing()
    {
        d_lacks = 0;
        if (d_lengths && d_lengths_left == 0 && !input_ends(this->detail(), d_lengths_given, 1))
            d_lacks = 1;
        else if (d_rates && d_rates_left == 0 && !input_ends(this->detail(), d_rates_given, 2))
            d_lacks = 2;
        return d_lacks > 0;
    }

    //! Reads the present frame's window lengths and rate if they come from inputs; false if they
    //! have not arrived yet.
    bool take_window()
    {
        if (windows_are_missing())
            return false;
        if (d_lengths_left > 0)
            take_lengths();
        if (d_rates_left > 0) {
            d_rate = *d_rates++;
            --d_rates_left;
        }
        return true;
    }

    void take_lengths()
    {
        if (d_theta.take(d_lengths, d_design.transform))
            d_got_lengths = true;
        else if (d_invalid++ == 0)
            this->d_logger->warn("item {} of the window lengths is not in (0, n_fft = {}]; such "
                                 "items are replaced by the last good one",
                                 this->nitems_read(1) + d_lengths_given - d_lengths_left,
                                 n_fft());
        d_lengths += d_theta.size();
        --d_lengths_left;
    }

    //! The present frame's rate, if its window takes it, else 0.
    double taken_rate()
    {
        double c = d_rate;
        if (c != 0 && !limit_rate<kernel::chirp_dstft<T>>(c, d_theta.greatest()) &&
            d_invalid_rates++ == 0)
            this->d_logger->warn("chirp rate {} is not in -+1 / (2 theta = {}); such rates are "
                                 "taken as 0",
                                 d_rate,
                                 2 * d_theta.greatest());
        return c;
    }

    //! Transforms the present frame and goes on to the next.
    void write(gr_vector_void_star& out, int item)
    {
        const auto row = [&](std::size_t port) {
            return port < out.size() ? static_cast<gr_complex*>(out[port]) +
                                           static_cast<std::size_t>(item) * bins()
                                     : nullptr;
        };
        const auto t = d_framer.centre();
        if (d_chirps)
            d_chirps->analyse(d_framer.samples(),
                              t,
                              *d_theta.data(),
                              taken_rate(),
                              row(0),
                              row(1),
                              row(2),
                              row(3));
        else
            d_design.transform.analyse(
                d_framer.samples(), t, d_theta.data(), row(0), row(1), row(2));
        const auto at = this->nitems_written(0) + static_cast<std::uint64_t>(item);
        const auto step = d_pace.step(d_theta.greatest());
        this->put_tags(at, t, d_framer.end(), step, [this] { return description(); });
        d_framer.advance();
        set_frame();
        d_done = d_framer.over();
        if (d_done)
            this->put_last_tags(at, t, step, d_framer.received());
    }

    std::vector<key_value> description() const
    {
        const bool differ = d_theta.least() != d_theta.greatest();
        const auto share =
            d_lengths ? (d_theta.size() > 1 ? kernel::sharing::cell : kernel::sharing::frame)
                      : (differ ? kernel::sharing::bin : kernel::sharing::constant);
        return dstft_tags(n_fft(),
                          d_design.settings.window,
                          d_design.settings.norm,
                          &d_pace,
                          share,
                          differ ? 0 : d_theta.greatest(),
                          d_rates ? NAN : d_rate);
    }

    void restarted() override
    {
        base::restarted();
        d_framer = kernel::dstft_framer<T>(n_fft());
        d_theta.set(d_present.theta);
        d_done = d_got_lengths = false;
        d_lacks = 0;
        d_rate = d_design.settings.c;
        d_invalid = d_invalid_rates = 0;
    }

    dstft_design<T> d_design;
    kernel::pacing d_pace;
    pace_and_lengths d_present; // present values; window lengths from the input override its theta
    window_lengths d_theta;     // of the present frame
    double d_rate;              // likewise
    std::optional<kernel::chirp_dstft<T>> d_chirps; // where frames may have rates other than 0
    kernel::dstft_framer<T> d_framer;
    bool d_done = false;

    const float* d_lengths = nullptr; // items of input 1 that are left in this call
    int d_lengths_left = 0, d_lengths_given = 0;
    const float* d_rates = nullptr; // items of input 2, likewise
    int d_rates_left = 0, d_rates_given = 0;
    std::size_t d_lacks = 0; // input whose item is missing
    bool d_got_lengths = false;
    std::atomic<std::uint64_t> d_invalid = 0, d_invalid_rates = 0;
};

template <class T>
typename dstft<T>::sptr dstft<T>::make(const dstft_settings& s)
{
    check_rows(kernel::bins<T>(kernel::checked_n_fft(static_cast<std::int64_t>(s.n_fft))) *
               sizeof(gr_complex));
    return gnuradio::make_block_sptr<dstft_impl<T>>(dstft_design<T>(s));
}

template class dstft<float>;
template class dstft<gr_complex>;

} // namespace gr::stft
