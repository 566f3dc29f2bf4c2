/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "adaptive_changes.h"
#include "kernel/refuse.h"
#include "stream/load_meter.h"
#include "stream/turns.h"
#include "warped_stft_impl.h"
#include <mutex>
#ifdef GR_CTRLPORT
#include <gnuradio/rpcregisterhelpers.h>
#endif

namespace gr::stft {

template <class T>
class adaptive_stft_impl : public dstft_block<adaptive_stft<T>, adaptive_change, changing_settings>
{
    using base = dstft_block<adaptive_stft<T>, adaptive_change, changing_settings>;

public:
    explicit adaptive_stft_impl(const adaptive_stft_settings& given)
        : gr::block("adaptive_stft",
                    gr::io_signature::make(1, 1, sizeof(T)),
                    mixed_output_rows(1, output_items(given))),
          base(given.filled().hop, sizeof(T), rows(given), false), d_kernel(given),
          d_settings(given), d_scratch(thetas(given)), d_interval(given.report_interval),
          d_load(given.load_limit)
    {
        if (given.samp_rate != 1.0)
            this->d_rate = given.samp_rate;
        this->message_port_register_out(report_port);
        listen(*this, this->d_logger, [this](const pmt::pmt_t& message) {
            request(change_from(message));
        });
    }

    void forecast(int, gr_vector_int& required) override
    {
        required[0] = d_missing == 0 ? 0 : askable(this->detail(), d_missing);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        d_load.begin(this->detail(), ninput_items[0]);
        const auto in = static_cast<const T*>(input_items[0]);
        int used = 0, produced = 0;
        frames(in, ninput_items[0], used, output_items, noutput_items, produced);
        if (used == ninput_items[0] && input_ends(this->detail(), used)) {
            d_kernel.finish();
            frames(in, used, used, output_items, noutput_items, produced);
            d_over = d_over || d_kernel.received() == 0;
        }
        // after a full output the next frame may be ready already
        d_missing = d_over || produced == noutput_items ? 0 : d_kernel.wanted();
        this->consume(0, used);
        if (const auto late = d_load.end(used, this->sample_rate()))
            d_kernel.late(*late);
        if (!d_over)
            return produced;
        for (std::size_t port = 0; port < output_items.size(); ++port)
            this->produce(static_cast<int>(port), produced);
        return gr::block::WORK_DONE;
    }

    void set_theta(double theta) override
    {
        adaptive_change requested;
        requested.theta = { theta };
        request(requested);
    }

    void set_theta(const std::vector<float>& theta) override
    {
        adaptive_change requested;
        requested.theta.assign(theta.begin(), theta.end());
        if (requested.theta.empty())
            kernel::refuse("theta", "0 values", "must be one, or one for each bin");
        request(requested);
    }

    void load_theta(const std::string& path) override
    {
        adaptive_change requested;
        requested.theta = last_item_in(path, d_scratch.size());
        request(requested);
    }

    void request(const kernel::change<adaptive_stft_settings>& requested) override
    {
        request(adaptive_change{ requested, {} });
    }

    adaptive_stft_settings wanted() const override
    {
        auto s = this->locked([this] { return d_pending.last(d_settings).given(); });
        static_cast<kernel::adaptive_settings&>(s) = s.filled();
        return s;
    }

    void reset() override
    {
        adaptive_change requested;
        requested.reset = true;
        request(requested);
    }

    std::vector<float> theta() const override
    {
        const auto theta = this->locked([this] { return d_kernel.theta(); });
        return { theta.begin(), theta.end() };
    }

    double criterion() const override
    {
        return this->locked([this] { return d_report.criterion; });
    }
    double theta_mean() const override
    {
        return this->locked([this] { return d_report.theta_mean; });
    }
    std::uint64_t evaluations() const override
    {
        return this->locked([this] { return d_report.evaluations; });
    }
    std::uint64_t dropped() const override
    {
        return this->locked([this] { return d_report.dropped; });
    }
    double frames_per_second() const override
    {
        return this->locked([this] { return d_frames_per_second; });
    }
    double load() const override
    {
        return this->locked([this] { return d_load.last(); });
    }
    std::int64_t latency() const override
    {
        return this->locked([this] { return d_kernel.latency(); });
    }

    void setup_rpc() override
    {
#ifdef GR_CTRLPORT
        using block = adaptive_stft<T>;
        add_variable<double>("theta_mean", &block::theta_mean, "samples", "Mean window length");
        add_variable<double>("criterion", &block::criterion, "", "Concentration, least is best");
        add_variable<std::uint64_t>(
            "evaluations", &block::evaluations, "spectra", "Computed in order to learn");
        add_variable<std::uint64_t>(
            "dropped", &block::dropped, "spectra", "Left out for lack of time");
        add_variable<double>("frames_per_second", &block::frames_per_second, "1/s", "By the clock");
        add_variable<double>("load", &block::load, "", "Share of real time");
        add_variable<std::int64_t>(
            "latency", &block::latency, "samples", "From a frame's centre to its leaving");
#endif
    }

private:
    using base::d_pending;

    static std::size_t bins(const kernel::adaptive_settings& s)
    {
        return kernel::adaptive_bins<T>(s);
    }
    static std::size_t thetas(const kernel::adaptive_settings& s)
    {
        return kernel::per_bin(s.share) ? bins(s) : 1;
    }
    //! Sizes of the items: spectra, theta, t, and c where it is learned.
    static std::vector<std::size_t> output_items(const kernel::adaptive_settings& s)
    {
        std::vector<std::size_t> sizes{ bins(s) * sizeof(gr_complex),
                                        thetas(s) * sizeof(float),
                                        2 * sizeof(double) };
        if (kernel::learns_chirp(s.learn))
            sizes.push_back(sizeof(float));
        return sizes;
    }
    static int rows(const kernel::adaptive_settings& s)
    {
        const auto spectra = rows_per_call(bins(s) * sizeof(gr_complex));
        // single window lengths fill any page
        return thetas(s) == 1 ? spectra
                              : std::max(spectra, least_rows_per_call(thetas(s) * sizeof(float)));
    }

    static inline const pmt::pmt_t report_port = pmt::mp("report");

#ifdef GR_CTRLPORT
    template <class Value>
    void add_variable(const char* name,
                      Value (adaptive_stft<T>::*getter)() const,
                      const char* unit,
                      const char* what)
    {
        this->add_rpc_variable(
            rpcbasic_sptr(new rpcbasic_register_get<adaptive_stft<T>, Value>(this->alias(),
                                                                             name,
                                                                             getter,
                                                                             pmt::mp(0.0),
                                                                             pmt::mp(0.0),
                                                                             pmt::mp(0.0),
                                                                             unit,
                                                                             what,
                                                                             RPC_PRIVLVL_MIN,
                                                                             DISPTIME)));
    }
#endif

    adaptive_change change_from(const pmt::pmt_t& message) const
    {
        adaptive_change requested;
        auto readers = readers_of(requested, { also::at, also::reset });
        readers["theta"] = [&](const std::string& key, const pmt::pmt_t& value) {
            requested.theta = numbers_in(key, value);
        };
        readers["load"] = [&](const std::string& key, const pmt::pmt_t& value) {
            requested.theta = last_item_in(name_in(key, value), d_scratch.size());
        };
        for_items(message, readers);
        return requested;
    }

    //! A change that was applied to some settings, and the result.
    struct trial {
        changing_settings before;
        adaptive_change change;
        changing_settings after;
    };

    //! Queues the change if it and all queued after it can be applied. They are applied to other
    //! kernels first, in the caller's thread, so that the caller gets the exception and the plans
    //! are made before the running kernel needs them.
    void request(const adaptive_change& requested)
    {
        std::scoped_lock one_at_a_time(d_requests);
        std::vector<trial> tried;
        for (;;) {
            std::optional<trial> next;
            const auto after = [&](const changing_settings& before, const adaptive_change& change) {
                for (const auto& t : tried)
                    if (t.before == before && t.change == change)
                        return std::optional(t.after);
                next = trial{ before, change, before };
                return std::optional<changing_settings>();
            };
            if (this->locked([&] { return d_pending.insert(requested, d_settings, after); }))
                return;
            kernel::adaptive_stft<T> kernel(next->before.given());
            next->after.apply(next->change, kernel);
            tried.push_back(*next);
        }
    }

    //! Emits up to `room` frames from buffered samples, then from `in`; adds their number to
    //! `written`.
    void frames(const T* in, int count, int& used, gr_vector_void_star& out, int room, int& written)
    {
        while (written < room && !d_over) {
            make_changes();
            if (d_kernel.ready()) {
                write(out, written++);
                continue;
            }
            const auto left = static_cast<std::size_t>(count - used);
            const auto taken = static_cast<int>(left ? d_kernel.push(in + used, left) : 0);
            if (taken == 0)
                break;
            this->take_tags(used, used + taken);
            used += taken;
        }
        if (d_uncounted > 0)
            d_rate_meter.add(std::exchange(d_uncounted, 0));
    }

    void make_changes()
    {
        this->apply_changes(d_kernel.centre(),
                            [this](const auto& due) { d_settings.apply(due.change, d_kernel); });
    }

    //! Transforms the present frame and goes on to the next.
    void write(gr_vector_void_star& out, int item)
    {
        const auto row = static_cast<std::size_t>(item);
        const auto spectrum = static_cast<gr_complex*>(out[0]) + row * d_kernel.bins();
        const auto theta = out.size() > 1 ? static_cast<float*>(out[1]) + row * d_scratch.size()
                                          : d_scratch.data();
        const auto at = this->nitems_written(0) + row;
        const auto end = d_kernel.end();
        kernel::position t;
        d_kernel.next(spectrum, theta, t);
        if (out.size() > 2) {
            const auto centre = static_cast<double*>(out[2]) + 2 * row;
            centre[0] = static_cast<double>(t.sample);
            centre[1] = t.fraction;
        }
        if (out.size() > 3)
            static_cast<float*>(out[3])[row] = d_kernel.chirp();
        const auto step = this->step(theta);
        this->put_tags(at, t, end, step, [this, theta] { return description(theta[0]); });
        if (d_kernel.finished()) {
            make_changes();
            d_over = !d_kernel.ready();
        }
        if (d_over)
            this->put_last_tags(at, t, step, d_kernel.received());
        ++d_uncounted;
        if (++d_unreported == d_interval || d_over)
            report(static_cast<std::int64_t>(at) + 1);
    }

    //! Samples from the frame with these window lengths to the next one.
    double step(const float* theta) const
    {
        const auto& s = d_kernel.settings();
        return s.alpha > 0 ? s.alpha * *std::max_element(theta, theta + d_scratch.size()) : s.hop;
    }

    std::vector<key_value> description(double theta) const
    {
        const auto& s = d_kernel.settings();
        const kernel::pacing pace(s.hop, s.alpha, s.share);
        const bool varies = kernel::learns_theta(s.learn);
        const auto share = kernel::per_bin(s.share) ? kernel::sharing::cell
                           : varies                 ? kernel::sharing::frame
                                                    : kernel::sharing::constant;
        return dstft_tags(s.n_fft,
                          s.window,
                          s.norm,
                          kernel::learns_t(s.learn) ? nullptr : &pace,
                          share,
                          varies ? 0 : theta,
                          kernel::learns_chirp(s.learn) ? NAN : 0);
    }

    void report(std::int64_t frames)
    {
        d_report = d_kernel.report();
        if (d_over)
            d_rate_meter.add(std::exchange(d_uncounted, 0));
        d_frames_per_second = d_over ? d_rate_meter.at_the_end() : d_rate_meter.last();
        if (pmt::length(this->message_subscribers(report_port)) > 0) {
            auto dict = pmt::make_dict();
            const auto add = [&dict](const char* key, const pmt::pmt_t& value) {
                dict = pmt::dict_add(dict, pmt::mp(key), value);
            };
            add("first_frame", pmt::from_uint64(static_cast<std::uint64_t>(frames - d_unreported)));
            add("frames", pmt::from_uint64(static_cast<std::uint64_t>(d_unreported)));
            add("criterion", pmt::from_double(d_report.criterion));
            add("theta_mean", pmt::from_double(d_report.theta_mean));
            add("theta_least", pmt::from_double(d_report.theta_least));
            add("theta_greatest", pmt::from_double(d_report.theta_greatest));
            add("at_theta_min", pmt::from_double(d_report.at_theta_min));
            add("at_theta_max", pmt::from_double(d_report.at_theta_max));
            add("advice", pmt::mp(d_report.advice));
            add("evaluations", pmt::from_uint64(d_report.evaluations));
            add("dropped", pmt::from_uint64(d_report.dropped));
            if (kernel::learns_chirp(d_kernel.settings().learn))
                add("chirped", pmt::from_double(d_report.chirped));
            add("frames_per_second", pmt::from_double(d_frames_per_second));
            add("load", pmt::from_double(d_load.last()));
            this->message_port_pub(report_port, dict);
        }
        d_unreported = 0;
    }

    void restarted() override
    {
        base::restarted();
        d_kernel = kernel::adaptive_stft<T>(d_settings.given());
        d_over = false;
        d_missing = 1;
        d_unreported = d_uncounted = 0;
        d_report = {};
        d_rate_meter = {};
        d_load.restart();
    }

    kernel::adaptive_stft<T> d_kernel;
    turns d_requests;             // of the callers of request()
    changing_settings d_settings; // of d_kernel
    std::vector<float> d_scratch; // window lengths of a frame, where none are put out
    bool d_over = false;
    std::int64_t d_missing = 1; // samples before the next frame can come out

    const std::int64_t d_interval;
    std::int64_t d_unreported = 0, d_uncounted = 0; // frames
    kernel::adaptive_report d_report;
    rate_meter d_rate_meter;
    double d_frames_per_second = 0;
    load_meter d_load;
};

void adaptive_stft_settings::check() const
{
    if (warp)
        check_warped(*this);
    else
        adaptive_settings::check();
    if (!(samp_rate > 0 && std::isfinite(samp_rate)))
        kernel::refuse("samp_rate", samp_rate, "must be positive and finite");
    if (report_interval < 1 || report_interval > INT32_MAX)
        kernel::refuse("report_interval", report_interval, "must be in 1 .. 2^31 - 1 frames");
}

template <class T>
typename adaptive_stft<T>::sptr adaptive_stft<T>::make(const adaptive_stft_settings& s)
{
    s.check(); // before streams are sized
    if (s.warp) {
        if constexpr (kernel::is_real_v<T>)
            return make_warped(s);
        else
            kernel::refuse("warp", "True", "needs float samples");
    }
    check_rows(kernel::adaptive_bins<T>(s) * sizeof(gr_complex));
    return gnuradio::make_block_sptr<adaptive_stft_impl<T>>(s);
}

template class adaptive_stft<float>;
template class adaptive_stft<gr_complex>;

} // namespace gr::stft
