/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "retune.h"
#include "stream_buffers.h"
#include "stream_end.h"
#include "stream_tags.h"
#include "window_lengths.h"
#include <gnuradio/stft/dstft.h>
#include <gnuradio/stft/kernel/dstft_framer.h>
#include <atomic>
#include <deque>

namespace gr::stft {

namespace {

//! Beyond, a relative rate would ask for buffers of window lengths, too, that are never filled.
constexpr double most_buffered = 1 << 20;

//! What a setter or a message asks for.
struct change {
    std::vector<float> theta; // none, one, or one for each bin
    std::optional<double> hop;
    std::int64_t at = INT64_MIN; // the first frame centred here or later
};

std::vector<double> numbers_in(const pmt::pmt_t& value)
{
    if (pmt::is_number(value) && !pmt::is_complex(value))
        return { pmt::to_double(value) };
    if (pmt::is_f32vector(value)) {
        const auto elements = pmt::f32vector_elements(value);
        return { elements.begin(), elements.end() };
    }
    if (pmt::is_f64vector(value))
        return pmt::f64vector_elements(value);
    kernel::refuse("theta", pmt::write_string(value), "must be a number or a vector of numbers");
}

//! Everything that make() checks before a block exists.
template <class T>
struct dstft_design {
    kernel::window_family window;
    kernel::norm norm;
    kernel::sharing share;
    kernel::pacing pace;
    kernel::dstft<T> transform;
    float theta;

    dstft_design(std::int64_t n_fft,
                 double hop,
                 double theta_given,
                 const kernel::window_family& family,
                 const std::string& norm_name,
                 double alpha,
                 const std::string& share_name)
        : window(family), norm(kernel::norm_named(norm_name)),
          share(kernel::sharing_named(share_name)), pace(hop, alpha, share),
          transform(kernel::checked_n_fft(n_fft), family, norm, share)
    {
        check_theta(theta_given, transform);
        theta = rounded_theta(theta_given, transform);
    }
};

bool is_rate(const pmt::pmt_t& value)
{
    return pmt::is_number(value) && !pmt::is_complex(value) && pmt::to_double(value) > 0;
}

} // namespace

template <class T>
class dstft_impl : public dstft<T>
{
public:
    explicit dstft_impl(dstft_design<T>&& d)
        : gr::block("dstft",
                    kernel::per_bin(d.share)
                        ? mixed_rows_signature(1, { sizeof(T), d.transform.bins() * sizeof(float) })
                        : gr::io_signature::make2(1, 2, sizeof(T), sizeof(float)),
                    rows_signature(d.transform.bins() * sizeof(gr_complex), 3)),
          d_design(std::move(d)), d_pace(d_design.pace),
          d_wanted_theta(d_design.transform.thetas(), d_design.theta), d_own_theta(d_wanted_theta),
          d_wanted_hop(d_pace.hop()), d_theta(d_wanted_theta.size()), d_framer(n_fft())
    {
        d_theta.set(d_wanted_theta);
        this->set_tag_propagation_policy(gr::block::TPP_CUSTOM);
        const auto rows = rows_per_call(bins() * sizeof(gr_complex));
        this->set_output_multiple(rows);
        // a relative rate sizes the buffers of all inputs, also where an item holds window lengths for all bins
        const auto most = kernel::per_bin(d_design.share) ? 1.0 : most_buffered / rows;
        this->set_relative_rate(1,
                                static_cast<std::uint64_t>(std::clamp(
                                    d_pace.step(d_design.theta), 1.0, std::max(1.0, most))));

        this->message_port_register_in(pmt::mp("cmd"));
        this->set_msg_handler(pmt::mp("cmd"), [this](const pmt::pmt_t& message) {
            try {
                request(change_from(message));
            } catch (const std::exception& e) { // leaving the handler, it would end the thread
                this->d_logger->warn("message ignored: {}", e.what());
            }
        });
    }

    bool start() override
    {
        this->set_output_multiple(1); // the large one of the constructor has sized the buffers
        gr::thread::scoped_lock lock(this->d_setlock);
        if (this->nitems_read(0) == 0 && this->nitems_written(0) == 0) {
            d_framer = kernel::dstft_framer<T>(n_fft());
            d_theta.set(d_own_theta);
            d_tags.clear();
            d_done = d_described = d_described_once = d_got_lengths = d_lacks_lengths = false;
            d_rate.reset();
            d_invalid = 0;
        }
        return gr::block::start();
    }

    void forecast(int, gr_vector_int& required) override
    {
        std::fill(required.begin(), required.end(), 0);
        if (d_done)
            return;
        if (d_lacks_lengths && required.size() > 1) {
            const auto lengths = this->detail()->input(1);
            gr::thread::scoped_lock lock(*lengths->mutex());
            if (lengths->items_available() > 0 || lengths->done())
                return;
            // samples are taken meanwhile: those that the lengths are computed from may be among them
            const bool room = d_framer.wanted() > 0 && !this->detail()->input(0)->done();
            required[room ? 0 : 1] = 1;
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
        if (d_done) {
            for (std::size_t port = 0; port < output_items.size(); ++port)
                this->produce(static_cast<int>(port), produced);
            return gr::block::WORK_DONE;
        }
        return produced;
    }

    void set_theta(double theta) override
    {
        change wish;
        wish.theta = lengths_from({ theta });
        request(wish);
    }

    void set_theta(const std::vector<float>& theta) override
    {
        change wish;
        wish.theta = lengths_from({ theta.begin(), theta.end() });
        request(wish);
    }

    void set_hop(double hop) override
    {
        change wish;
        wish.hop = checked_hop(hop);
        request(wish);
    }

    std::vector<float> theta() const override
    {
        gr::thread::scoped_lock lock(const_cast<dstft_impl*>(this)->d_setlock);
        return d_wanted_theta;
    }

    double hop() const override
    {
        gr::thread::scoped_lock lock(const_cast<dstft_impl*>(this)->d_setlock);
        return d_wanted_hop;
    }

    std::uint64_t invalid_thetas() const override { return d_invalid; }

    std::int64_t latency() const override
    {
        const auto greatest = [](const auto& all) {
            return static_cast<double>(*std::max_element(all.begin(), all.end()));
        };
        gr::thread::scoped_lock lock(const_cast<dstft_impl*>(this)->d_setlock);
        const double half = greatest(d_wanted_theta) / 2;
        const double next = d_pace.fixed_overlap() ? 1 + d_pace.step(2 * half) : d_wanted_hop;
        return static_cast<std::int64_t>(std::ceil(std::max(half, next)));
    }

private:
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

    double checked_hop(double hop) const
    {
        if (d_design.pace.fixed_overlap())
            kernel::refuse("hop", hop, "follows from theta, since alpha is not 0");
        kernel::pacing(hop, 0, d_design.share);
        return hop;
    }

    change change_from(const pmt::pmt_t& message) const
    {
        change wish;
        for_items(message,
                  { "theta", "hop", "at" },
                  [&](const std::string& key, const pmt::pmt_t& value) {
                      if (key == "at")
                          wish.at = integer_in(key, value);
                      else if (key == "hop")
                          wish.hop = checked_hop(pmt::to_double(value));
                      else
                          wish.theta = lengths_from(numbers_in(value));
                  });
        return wish;
    }

    void request(const change& wish)
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        const auto at = std::upper_bound(
            d_pending.begin(),
            d_pending.end(),
            wish.at,
            [](std::int64_t position, const change& p) { return position < p.at; });
        d_pending.insert(at, wish);
        for (const auto& p : d_pending) {
            d_wanted_hop = p.hop.value_or(d_wanted_hop);
            d_wanted_theta = p.theta.empty() ? d_wanted_theta : p.theta;
        }
    }

    //! Frames from samples already taken and from those at in; written counts them, room is for so many.
    void frames(const T* in, int count, int& used, gr_vector_void_star& out, int room, int& written)
    {
        while (written < room && !d_done) {
            if (!d_framer.is_set() || (!d_pending.empty() && !d_framer.complete()))
                set_frame();
            if (d_framer.ready()) {
                if (d_framer.finished() && d_pace.fixed_overlap() && lengths_are_missing())
                    return; // the next one decides whether this is the last frame
                write(out, written++);
            } else {
                const auto left = static_cast<std::size_t>(count - used);
                const auto taken = static_cast<int>(left ? d_framer.push(in + used, left) : 0);
                if (taken == 0) // nothing left, or no room while a window length is missing
                    return;
                take_tags(used, used + taken);
                used += taken;
            }
        }
    }

    //! The present frame's window length and the pace to the next one, if they are known.
    void set_frame()
    {
        for (; !d_pending.empty() && d_pending.front().at <= d_framer.centre().sample;
             d_pending.pop_front()) {
            const auto& wish = d_pending.front();
            if (wish.hop)
                d_pace = kernel::pacing(*wish.hop, 0, d_design.share);
            if (!wish.theta.empty())
                d_own_theta = wish.theta;
            if (!d_got_lengths)
                d_theta.set(d_own_theta);
            d_described = false;
        }
        if (d_framer.is_set() || take_lengths())
            d_framer.set(d_theta.greatest(), d_pace);
    }

    //! Whether window lengths come in, and the next are not there yet.
    bool lengths_are_missing()
    {
        d_lacks_lengths =
            d_lengths && d_lengths_left == 0 && !input_ends(this->detail(), d_lengths_given, 1);
        return d_lacks_lengths;
    }

    //! The window lengths of the present frame, if any come in; false if they are not there yet.
    bool take_lengths()
    {
        if (lengths_are_missing())
            return false;
        if (d_lengths_left == 0)
            return true;
        if (d_theta.take(d_lengths, d_design.transform))
            d_got_lengths = true;
        else if (d_invalid++ == 0)
            this->d_logger->warn("item {} of the window lengths is not in (0, n_fft = {}]; such "
                                 "items are replaced by the last good one",
                                 this->nitems_read(1) + d_lengths_given - d_lengths_left,
                                 n_fft());
        d_lengths += d_theta.size();
        --d_lengths_left;
        return true;
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
        d_design.transform.analyse(d_framer.samples(), t, d_theta.data(), row(0), row(1), row(2));
        const auto at = this->nitems_written(0) + static_cast<std::uint64_t>(item);
        put_tags(at, t, d_framer.end());
        if (!d_described)
            describe(at);
        d_framer.advance();
        set_frame();
        d_done = d_framer.over();
        if (d_done) {
            put_tags(at, t, INT64_MAX);
            const auto [key, value] = length_tag(d_framer.received());
            this->add_item_tag(0, at, key, value, this->alias_pmt());
        }
    }

    void describe(std::uint64_t item)
    {
        const bool differ = d_theta.least() != d_theta.greatest();
        const auto share =
            d_lengths ? (d_theta.size() > 1 ? kernel::sharing::cell : kernel::sharing::frame)
                      : (differ ? kernel::sharing::bin : kernel::sharing::constant);
        for (const auto& [key, value] : dstft_tags(n_fft(),
                                                   d_design.window,
                                                   d_design.norm,
                                                   d_pace,
                                                   share,
                                                   differ ? 0 : d_theta.greatest()))
            this->add_item_tag(0, item, key, value, this->alias_pmt());
        if (d_described_once)
            tell_rate(item);
        d_described = d_described_once = true;
    }

    void take_tags(int from, int to)
    {
        const auto read = this->nitems_read(0);
        this->get_tags_in_range(d_found, 0, read + from, read + to);
        std::stable_sort(d_found.begin(), d_found.end(), [](const auto& a, const auto& b) {
            if (a.offset != b.offset)
                return a.offset < b.offset;
            return pmt::eq(a.key, rx_rate_key) && !pmt::eq(b.key, rx_rate_key); // rx_time needs it
        });
        d_tags.insert(d_tags.end(), d_found.begin(), d_found.end());
    }

    //! Those of samples before end, which no earlier window has held, to the frame at t.
    void put_tags(std::uint64_t item, const kernel::position& t, std::int64_t end)
    {
        for (; !d_tags.empty() && static_cast<std::int64_t>(d_tags.front().offset) < end;
             d_tags.pop_front()) {
            auto& tag = d_tags.front();
            if (pmt::eq(tag.key, rx_rate_key) && is_rate(tag.value)) {
                d_rate = pmt::to_double(tag.value);
                tell_rate(item);
                continue;
            }
            if (pmt::eq(tag.key, rx_time_key)) {
                const auto from = t.sample - static_cast<std::int64_t>(tag.offset);
                if (d_rate)
                    tag.value =
                        shifted_time(tag.value, (static_cast<double>(from) + t.fraction) / *d_rate);
                else if (!std::exchange(d_warned, true))
                    this->d_logger->warn("rx_time stays that of its sample: the sample rate is "
                                         "unknown (no rx_rate tag)");
            }
            this->add_item_tag(0, item, tag.key, tag.value, tag.srcid);
        }
    }

    void tell_rate(std::uint64_t item)
    {
        if (!d_rate)
            return;
        const auto rows = *d_rate / d_pace.step(d_theta.greatest());
        this->add_item_tag(0, item, rx_rate_key, pmt::from_double(rows), this->alias_pmt());
        this->add_item_tag(0, item, samp_rate_key, pmt::from_double(*d_rate), this->alias_pmt());
    }

    dstft_design<T> d_design;
    kernel::pacing d_pace;
    std::vector<float> d_wanted_theta, d_own_theta; // last asked for, in force where none come in
    double d_wanted_hop;
    window_lengths d_theta; // of the present frame
    kernel::dstft_framer<T> d_framer;
    bool d_done = false, d_described = false, d_described_once = false, d_warned = false;

    std::deque<change> d_pending; // by time

    const float* d_lengths = nullptr; // items of input 1 that are left in this call
    int d_lengths_left = 0, d_lengths_given = 0;
    bool d_lacks_lengths = false, d_got_lengths = false;
    std::atomic<std::uint64_t> d_invalid = 0;

    std::deque<gr::tag_t> d_tags; // of samples taken, not yet on a frame
    std::vector<gr::tag_t> d_found;
    std::optional<double> d_rate; // of samples, Hz
};

template <class T>
typename dstft<T>::sptr dstft<T>::make(std::int64_t n_fft,
                                       double hop,
                                       double theta,
                                       const kernel::window_family& window,
                                       const std::string& norm,
                                       double alpha,
                                       const std::string& share)
{
    return gnuradio::make_block_sptr<dstft_impl<T>>(
        dstft_design<T>(n_fft, hop, theta, window, norm, alpha, share));
}

template class dstft<float>;
template class dstft<gr_complex>;

} // namespace gr::stft
