/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include "stream/stream_tags.h"
#include "stream/window_lengths.h"
#include <gnuradio/stft/idstft.h>
#include <gnuradio/stft/kernel/dstft/idstft.h>
#include <gnuradio/stft/kernel/dstft/segment_inverse.h>
#include <gnuradio/stft/kernel/frames/phase.h>
#include <gnuradio/stft/kernel/frames/scaling.h>
#include <atomic>
#include <cmath>

namespace gr::stft {

namespace {

//! True if one inverse does not serve both.
bool operator!=(const idstft_settings& a, const idstft_settings& b)
{
    return a.n_fft != b.n_fft || a.norm != b.norm || !(a.window == b.window);
}

//! \throws std::invalid_argument unless an inverse takes the chirp rate
template <class T>
void check_rate(const idstft_settings& s)
{
    if (s.c == 0)
        return;
    if (!(std::abs(s.c) <= 0.5))
        kernel::refuse("c", s.c, "must be in -+1 / (2 theta)");
    if (kernel::is_real_v<T>)
        kernel::refuse("c",
                       s.c,
                       "must be 0 for one-sided spectra, which do not hold all of a signal under a "
                       "chirp");
    if (kernel::per_bin(s.share))
        kernel::refuse("c", s.c, "must be 0 where theta depends on the bin");
}

//! Two doubles of an item as a position, if they are one.
std::optional<kernel::position> position_in(const double* item)
{
    constexpr double farthest = 4611686018427387904; // 2^62
    if (!(std::abs(item[0]) <= farthest && std::abs(item[1]) <= farthest))
        return {};
    const double whole = std::floor(item[0]);
    return (kernel::position{ static_cast<std::int64_t>(whole), 0 } + (item[0] - whole)) + item[1];
}

} // namespace

//! Inverse: kernel::idstft<T> or kernel::segment_inverse<T>
template <class T, class Inverse>
class idstft_impl : public stream_block<idstft<T>>
{
public:
    explicit idstft_impl(const idstft_settings& d)
        : gr::block("idstft",
                    mixed_input_rows(1, input_sizes(d.n_fft)),
                    gr::io_signature::make(1, 1, sizeof(T))),
          d_given(d), d_stream(d)
    {
        this->set_tag_propagation_policy(gr::block::TPP_CUSTOM);
        const auto row_bytes = bins() * sizeof(gr_complex);
        this->set_interpolation(d.n_fft / 4, sizeof(T), rows_per_call(row_bytes));
    }

    void restarted() override
    {
        d_stream = stream_state(d_given);
        d_uncovered = d_left_out = d_invalid = d_invalid_rates = 0;
    }

    void forecast(int, gr_vector_int& required) override
    {
        std::fill(required.begin(), required.end(), 0);
        if (d_stream.inverse.ready() || d_stream.ended)
            return;
        for (std::size_t port = 0; port < required.size(); ++port) {
            const auto reader = this->detail()->input(static_cast<unsigned>(port));
            gr::thread::scoped_lock lock(*reader->mutex());
            required[port] = reader->items_available() > 0 || !reader->done();
            if (port == 0 && required[0] == 0)
                return; // no more spectra: nothing else matters
        }
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        const auto out = static_cast<T*>(output_items[0]);
        inputs in(ninput_items, input_items);
        int produced = 0;
        while (produced < noutput_items) {
            if (d_stream.inverse.ready())
                produced += read(out + produced, noutput_items - produced, produced);
            else if (d_stream.length || d_stream.ended)
                break;
            else if (d_stream.taken)
                add(in);
            else if (!take(in))
                break;
        }
        if (d_stream.length)
            in.used = ninput_items[0]; // drops frames after the last one
        const bool ends = d_stream.ended || (in.used == ninput_items[0] && !d_stream.taken &&
                                             input_ends(this->detail(), in.used));
        this->consume(0, in.used);
        for (std::size_t port = 1; port < ninput_items.size(); ++port)
            this->consume(static_cast<int>(port),
                          port == 1   ? in.lengths_used
                          : port == 2 ? in.centres_used
                                      : in.rates_used);
        if (ends && !d_stream.inverse.ready()) {
            d_stream.ended = true;
            if (!d_stream.length) {
                d_stream.inverse.finish();
                d_stream.length = d_stream.inverse.end();
                if (d_stream.inverse.ready() && produced < noutput_items)
                    produced += read(out + produced, noutput_items - produced, produced);
            }
            if (!d_stream.inverse.ready()) {
                this->produce(0, produced);
                return gr::block::WORK_DONE;
            }
        }
        return produced;
    }

    std::uint64_t uncovered() const override { return d_uncovered; }
    std::uint64_t left_out() const override { return d_left_out; }
    std::uint64_t invalid_thetas() const override { return d_invalid; }
    std::uint64_t invalid_rates() const override { return d_invalid_rates; }
    std::int64_t latency() const override { return Inverse::latency(d_given.n_fft); }

private:
    //! Input items of a work call, and the numbers consumed so far.
    struct inputs {
        inputs(const gr_vector_int& counts, const gr_vector_const_void_star& items)
            : spectra(static_cast<const gr_complex*>(items[0])), count(counts[0])
        {
            if (counts.size() > 1) {
                lengths = static_cast<const float*>(items[1]);
                lengths_count = counts[1];
            }
            if (counts.size() > 2) {
                centres = static_cast<const double*>(items[2]);
                centres_count = counts[2];
            }
            if (counts.size() > 3) {
                rates = static_cast<const float*>(items[3]);
                rates_count = counts[3];
            }
        }

        const gr_complex* spectra;
        const float* lengths = nullptr;
        const double* centres = nullptr;
        const float* rates = nullptr;
        int count, lengths_count = 0, centres_count = 0, rates_count = 0;
        int used = 0, lengths_used = 0, centres_used = 0, rates_used = 0;
    };

    static constexpr bool by_segments = std::is_same_v<Inverse, kernel::segment_inverse<T>>;
    static constexpr bool turns = !kernel::is_real_v<T> && !by_segments;

    //! Spectra, window lengths, centres; chirp rates, where they have a meaning.
    static std::vector<std::size_t> input_sizes(std::size_t n_fft)
    {
        std::vector<std::size_t> sizes{ kernel::bins<T>(n_fft) * sizeof(gr_complex),
                                        Inverse::thetas(n_fft) * sizeof(float),
                                        2 * sizeof(double) };
        if (turns)
            sizes.push_back(sizeof(float));
        return sizes;
    }

    static Inverse inverse_of(const idstft_settings& d)
    {
        return Inverse(d.n_fft, d.window, d.norm);
    }

    std::size_t bins() const { return d_stream.inverse.bins(); }

    int read(T* out, int room, int before)
    {
        const auto count = std::min(d_stream.inverse.ready(), static_cast<std::size_t>(room));
        d_stream.inverse.read(out, count);
        this->write_tags(d_stream.tags,
                         this->nitems_written(0) + static_cast<std::uint64_t>(before) + count,
                         d_stream.length);
        if (d_stream.inverse.uncovered() > 0 && d_uncovered == 0)
            this->d_logger->warn("no window covers sample {}: such samples come out as 0",
                                 this->nitems_written(0) + static_cast<std::uint64_t>(before));
        d_uncovered = d_stream.inverse.uncovered();
        return static_cast<int>(count);
    }

    //! Reads what belongs to the next spectrum, but not the spectrum; false if something is missing.
    bool take(inputs& in)
    {
        if (in.used == in.count)
            return false;
        const bool no_length = in.lengths && in.lengths_used == in.lengths_count;
        if (no_length && !input_ends(this->detail(), in.lengths_count, 1))
            return false;
        if (in.centres && in.centres_used == in.centres_count) {
            d_stream.ended = input_ends(this->detail(), in.centres_count, 2);
            return false;
        }
        const bool no_rate = in.rates && in.rates_used == in.rates_count;
        if (no_rate && !input_ends(this->detail(), in.rates_count, 3))
            return false;
        take_tags(this->nitems_read(0) + static_cast<std::uint64_t>(in.used));
        if (!is_placed(in)) {
            d_stream.ended = true;
            return false;
        }
        if (in.lengths && !no_length)
            take_length(in.lengths +
                        static_cast<std::size_t>(in.lengths_used++) * d_stream.lengths.size());
        d_stream.frame.theta = d_stream.lengths.greatest();
        if (in.rates && !no_rate)
            d_stream.turn = in.rates[in.rates_used++];
        take_rate();
        d_stream.frame.t = d_stream.steps.rounded();
        d_stream.frame.good = true;
        if (in.centres) {
            const auto given = position_in(in.centres + 2 * in.centres_used++);
            d_stream.frame.good = given.has_value();
            d_stream.frame.t = given.value_or(d_stream.last);
        }
        d_stream.frame.good = d_stream.frame.good && !(d_stream.frame.t < d_stream.last);
        if (d_stream.frame.good) {
            d_stream.last = d_stream.frame.t;
            d_stream.inverse.expect(d_stream.frame.t);
        } else if (d_left_out++ == 0) {
            this->d_logger->warn("frame {} does not lie behind the one before; such frames are "
                                 "left out",
                                 d_stream.frames);
        }
        place_tags();
        d_stream.taken = true;
        return true;
    }

    //! True if inputs or tags have given the frame's window length and centre.
    bool is_placed(const inputs& in)
    {
        if (!in.lengths && (d_stream.theta == 0 || d_stream.varies)) {
            this->d_logger->error(d_stream.varies
                                      ? "window lengths that change from frame to frame have "
                                        "to come in on input 1"
                                      : "there is no stft_theta tag, so window lengths have "
                                        "to come in on input 1");
            return false;
        }
        if (!in.centres && !d_stream.placed) {
            this->d_logger->error(
                "there is no tag that places the frames, so centres have to come in on input 2");
            return false;
        }
        if (!in.rates && d_stream.rates_vary) {
            this->d_logger->error("chirp rates that change from frame to frame have to come in on "
                                  "input 3");
            return false;
        }
        if (!in.lengths || !d_stream.has_length)
            d_stream.lengths.set(static_cast<float>(
                d_stream.theta > 0 ? d_stream.theta : static_cast<double>(d_stream.present.n_fft)));
        return true;
    }

    void take_rate()
    {
        d_stream.frame.c = d_stream.turn;
        if (!limit_rate<kernel::chirp_dstft<T>>(d_stream.frame.c, d_stream.frame.theta) &&
            d_invalid_rates++ == 0)
            this->d_logger->warn("the chirp rate of frame {} is not in -+1 / (2 theta); such are "
                                 "taken as 0",
                                 d_stream.frames);
    }

    void take_length(const float* item)
    {
        if (d_stream.lengths.take(item, d_stream.inverse))
            d_stream.has_length = true;
        else if (d_invalid++ == 0)
            this->d_logger->warn("the window length of frame {} is not in (0, n_fft = {}]; such "
                                 "are replaced by the last good one",
                                 d_stream.frames,
                                 d_stream.present.n_fft);
    }

    void take_tags(std::uint64_t item)
    {
        d_stream.description = {};
        this->get_tags_in_range(d_found, 0, item, item + 1);
        for (const auto& tag : d_found)
            this->read_tag(d_stream.description, tag);
        drop_unfit_tags(d_stream.description);
        try {
            follow(d_stream.description);
        } catch (const std::exception& e) {
            this->d_logger->warn("tags of a change ignored: {}", e.what());
        }
    }

    void drop_unfit_tags(stream_description& tagged)
    {
        auto& n_fft_tag = tagged.frames.wanted(&kernel::parameters::n_fft);
        auto& win_length = tagged.frames.wanted(&kernel::parameters::win_length);
        try {
            tagged.check_bins(
                kernel::is_real_v<T> ? kernel::sides::onesided : kernel::sides::twosided, bins());
        } catch (const std::invalid_argument& e) {
            this->d_logger->warn("tag ignored: {}", e.what());
            n_fft_tag.reset();
        }
        const auto n_fft = n_fft_tag.value_or(d_stream.present.n_fft);
        if (win_length.value_or(0) > n_fft) {
            this->d_logger->warn(
                "tag stft_win_length ignored: {}: must be at most n_fft = {}", *win_length, n_fft);
            win_length.reset();
        }
        auto& rate = tagged.varying.wanted(&dstft_frames::c);
        if (!turns && rate.value_or(0) != 0) {
            this->d_logger->warn(
                "tag stft_chirp ignored: {}: spectra have an inverse under a chirp where they are "
                "two-sided and bins share a window",
                std::isnan(*rate) ? "frame" : std::to_string(*rate));
            rate.reset();
        }
    }

    //! Applies what tags give about the frames from here on.
    void follow(const stream_description& tagged)
    {
        const auto of_frames = [&tagged](auto member) { return tagged.frames.wanted(member); };
        const auto varying = [&tagged](auto member) { return tagged.varying.wanted(member); };
        auto design = d_stream.present;
        design.n_fft = of_frames(&kernel::parameters::n_fft).value_or(d_stream.present.n_fft);
        design.window = varying(&dstft_frames::family).value_or(d_stream.present.window);
        design.norm = varying(&dstft_frames::norm).value_or(d_stream.present.norm);
        if (design != d_stream.present) {
            if (d_stream.frames > 0)
                throw std::invalid_argument("n_fft, window and norm cannot change in a stream");
            d_stream.inverse = inverse_of(design);
            d_stream.present = design;
        }
        if (const auto share = varying(&dstft_frames::share))
            d_stream.varies = *share != kernel::sharing::constant;
        if (const auto theta = varying(&dstft_frames::theta);
            theta && d_stream.inverse.takes(*theta))
            d_stream.theta = *theta;
        if (const auto rate = varying(&dstft_frames::c)) {
            d_stream.rates_vary = std::isnan(*rate);
            d_stream.turn = d_stream.rates_vary ? d_given.c : *rate;
        }
        const auto step = varying(&dstft_frames::step), alpha = varying(&dstft_frames::alpha);
        if (step || alpha) {
            d_stream.step = step.value_or(0);
            d_stream.alpha = alpha.value_or(0);
            d_stream.placed = true;
        }
        if (const auto hop = of_frames(&kernel::parameters::hop))
            d_stream.step = static_cast<double>(*hop);
        if (const auto win_length = of_frames(&kernel::parameters::win_length)) {
            d_stream.win_length = *win_length;
            d_stream.theta = static_cast<double>(d_stream.win_length);
        }
        if (tagged.first) {
            d_stream.start = *tagged.first;
            d_stream.starts = true;
            d_stream.steps = kernel::exact_position(kernel::position{ d_stream.start, 0 } +
                                                    static_cast<double>(d_stream.win_length) / 2);
            d_stream.placed = true;
        }
        if (const auto phase = of_frames(&kernel::parameters::phase))
            follow_phase(*phase, tagged);
    }

    void follow_phase(const kernel::phase_reference& phase, const stream_description& tagged)
    {
        d_stream.converter.reset();
        d_stream.gain = 1;
        const auto scale =
            tagged.frames.wanted(&kernel::parameters::scale).value_or(kernel::scaling::none);
        if (scale != kernel::scaling::none && tagged.frames.wanted(&kernel::parameters::window)) {
            const kernel::parameters p =
                tagged.applied_to(kernel::parameters{ d_stream.present.n_fft, 1 });
            d_stream.gain =
                static_cast<float>(1 / kernel::gain(scale, p.taps(), p.n_fft, p.samp_rate));
        }
        if (!(phase == kernel::phase_reference("absolute")) || d_stream.gain != 1)
            d_stream.converter.emplace(d_stream.present.n_fft,
                                       d_stream.win_length ? d_stream.win_length
                                                           : d_stream.present.n_fft,
                                       phase,
                                       "absolute");
    }

    void add(inputs& in)
    {
        const gr_complex* spectrum = in.spectra + static_cast<std::size_t>(in.used) * bins();
        if (d_stream.frame.good) {
            if (d_stream.converter) {
                d_converted.resize(bins());
                d_stream.converter->convert(spectrum, bins(), d_stream.start, d_converted.data());
                for (auto& bin : d_converted)
                    bin *= d_stream.gain;
                spectrum = d_converted.data();
            }
            if constexpr (by_segments)
                d_stream.inverse.add(spectrum, d_stream.frame.t, d_stream.lengths.data());
            else
                d_stream.inverse.add(
                    spectrum, d_stream.frame.t, d_stream.frame.theta, d_stream.frame.c);
            d_stream.covered =
                std::max(d_stream.covered,
                         d_stream.frame.t.sample +
                             static_cast<std::int64_t>(
                                 std::ceil(d_stream.frame.t.fraction + d_stream.frame.theta / 2)));
        }
        ++in.used;
        ++d_stream.frames;
        d_stream.taken = false;
        d_stream.steps.move(step());
        d_stream.start += static_cast<std::int64_t>(d_stream.step);
        const auto longest = d_stream.frame.t.sample + 2 +
                             static_cast<std::int64_t>(std::max(
                                 static_cast<double>(d_stream.present.n_fft), std::ceil(step())));
        if (d_stream.description.length.value_or(longest) > longest) {
            this->d_logger->warn(
                "tag stft_length ignored: {}: must be at most {}, so near to its frame's centre",
                *d_stream.description.length,
                longest);
        } else if (d_stream.description.length) {
            d_stream.length = *d_stream.description.length;
            d_stream.inverse.finish(*d_stream.length);
        }
    }

    //! Samples to the next frame's centre.
    double step() const
    {
        return d_stream.alpha > 0 ? d_stream.alpha * d_stream.frame.theta : d_stream.step;
    }

    //! The frame's tags go to the first sample that it adds.
    void place_tags()
    {
        const auto to =
            std::max(d_stream.covered, static_cast<std::int64_t>(this->nitems_written(0)));
        std::stable_partition(d_found.begin(), d_found.end(), [](const auto& tag) {
            return pmt::eq(tag.key, rx_rate_key); // rx_time needs it
        });
        for (auto tag : d_found) {
            if (ends_here(tag.key))
                continue;
            if (pmt::eq(tag.key, rx_rate_key)) {
                const auto rate = this->rate_in(tag);
                if (!rate)
                    continue;
                d_stream.rate = d_stream.description.frames.wanted(&kernel::parameters::samp_rate)
                                    .value_or(*rate * step());
                tag.value = pmt::from_double(*d_stream.rate);
            } else if (pmt::eq(tag.key, rx_time_key) && d_stream.rate) {
                // rx_time after stft is that of a frame's first sample, after dstft that of its centre
                const auto from =
                    d_stream.starts ? kernel::position{ d_stream.start, 0 } : d_stream.frame.t;
                tag.value = shifted_time(tag.value,
                                         (static_cast<double>(to - from.sample) - from.fraction) /
                                             *d_stream.rate);
            }
            d_stream.tags.add(to, tag);
        }
    }

    //! A frame whose spectrum has not been added yet.
    struct pending_frame {
        kernel::position t{ 0, 0 };
        double theta = 0, c = 0;
        bool good = false; // the centre does not lie before that of the last good frame
    };

    //! State of the stream between calls of work(). A restart begins with a new one.
    struct stream_state {
        explicit stream_state(const idstft_settings& s)
            : present(s), inverse(inverse_of(s)), turn(s.c), lengths(Inverse::thetas(s.n_fft))
        {}

        idstft_settings present; // the settings, as tags have changed them
        Inverse inverse;
        std::optional<std::int64_t> length; // of the stream, once it is known
        bool ended = false;

        double turn; // the last chirp rate that came in, or the settings'
        pending_frame frame;
        bool taken = false; // the frame has been read, but for its spectrum
        std::uint64_t frames = 0;
        kernel::position last{ INT64_MIN, 0 };
        std::int64_t covered = 0; // end of the windows so far

        // given by tags
        stream_description description; // tags of the present frame
        bool placed = false, varies = false, rates_vary = false, starts = false;
        kernel::exact_position steps; // centre of the next frame
        double step = 0, alpha = 0, theta = 0;
        std::int64_t start = 0; // first sample of the frame, with integer hops
        std::size_t win_length = 0;
        std::optional<kernel::phase_converter<float>> converter;
        float gain = 1;
        std::optional<double> rate; // Hz

        window_lengths lengths;  // of the present frame
        bool has_length = false; // they came in on input 1
        delayed_tags tags;
    };

    idstft_settings d_given;
    stream_state d_stream;
    std::vector<gr_complex> d_converted;
    std::vector<gr::tag_t> d_found;
    std::atomic<std::uint64_t> d_uncovered = 0, d_left_out = 0, d_invalid = 0, d_invalid_rates = 0;
};

template <class T>
typename idstft<T>::sptr idstft<T>::make(const idstft_settings& s)
{
    const auto n_fft = static_cast<std::int64_t>(s.n_fft);
    check_rows(kernel::bins<T>(kernel::checked_n_fft(n_fft)) * sizeof(gr_complex));
    if (n_fft < 2)
        kernel::refuse("n_fft", n_fft, "must be at least 2");
    check_rate<T>(s);
    if (kernel::per_bin(s.share))
        return gnuradio::make_block_sptr<idstft_impl<T, kernel::segment_inverse<T>>>(s);
    return gnuradio::make_block_sptr<idstft_impl<T, kernel::idstft<T>>>(s);
}

template class idstft<float>;
template class idstft<gr_complex>;

} // namespace gr::stft
