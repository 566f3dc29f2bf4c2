/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_EVENT_CUTTER_H
#define INCLUDED_STFT_KERNEL_MONITOR_EVENT_CUTTER_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/records/event.h>
#include <complex>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of event_cutter.
struct STFT_API event_cutter_settings {
    double samp_rate = 1; //!< Hz, > 0
    std::size_t pre = 0;  //!< samples before the event, at most 2^40
    std::size_t post = 0; //!< samples after it, at most 2^40
    //! Samples of a clip, before decimation, 1 .. 2^28; what is beyond them is left out.
    std::size_t max_clip = 1 << 22;
    //! Samples that are kept in addition, since events are reported late, at most 2^28.
    std::size_t history = 1 << 18;
    bool shift = false; //!< true: the event's centre is at 0 Hz, and the rate fits its band

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

//! Parameters of event_cutter_settings.
template <>
inline constexpr auto fields<event_cutter_settings> =
    std::tuple(field("samp_rate", &event_cutter_settings::samp_rate),
               field("pre", &event_cutter_settings::pre),
               field("post", &event_cutter_settings::post),
               field("max_clip", &event_cutter_settings::max_clip),
               field("history", &event_cutter_settings::history),
               field("shift", &event_cutter_settings::shift));

//! The samples of an event.
struct STFT_API event_clip {
    event of;                      //!< the event that was asked for
    std::int64_t request = 0;      //!< number of the request
    double samp_rate = 1;          //!< Hz, of the stream
    std::int64_t sample_start = 0; //!< first sample, in the stream's count
    std::int64_t missing = 0;      //!< samples at its ends that were not kept, or lie outside
    std::size_t decimation = 1;    //!< samples of the stream for one of the clip
    double freq_center = 0;        //!< Hz in the stream, at 0 Hz in the clip
    std::vector<std::complex<float>> samples; //!< the clip
};

/*!
 * \brief Cuts the samples of events out of a stream, of which it keeps the last max_clip + pre + post + history ones.
 *
 * A clip holds samples sample_start - pre .. sample_start + sample_count + post - 1. With `shift`, the middle of the
 * event's band is moved to 0 Hz, and every decimation-th sample kept after a low pass (Kaiser window, linear phase, its delay
 * taken off, stop band 80 dB): the decimation is the largest at which the rate is at least twice the bandwidth, so
 * that the band is within the flat part. The phase is that of the stream: exp(-2j pi freq_center n / samp_rate), n counted
 * from sample 0.
 *
 * An event that lasts may be asked for at its beginning, and again when it ends: then its clip has max_clip samples at
 * most, from the beginning on, however long it lasts.
 */
class STFT_API event_cutter
{
public:
    //! \throws std::invalid_argument as event_cutter_settings::check()
    explicit event_cutter(const event_cutter_settings& s);

    //! Numbers of requests; -1: none.
    struct answer {
        //! The request. There is none if there will be no clip: it is cut already, or too many requests wait (65536).
        std::int64_t number;
        //! The request at the beginning of the same event, which will not have a clip any more.
        std::int64_t replaced;
    };

    //! The next samples.
    void add(const std::complex<float>* samples, std::size_t count);
    //! Samples that were lost, which are zeros in clips. \throws std::invalid_argument for more than 2^62 in all
    void skip(std::int64_t count);

    /*!
     * \brief Asks for the samples of an event, which may lie in the past or in the future.
     *
     * Its state: `end`, where it is over; `begin` asks for max_clip samples, unless its end is reported before they have
     * come; `update` is ignored, as are gaps and retunes, which have no samples. An event that is withdrawn is not asked for
     * any more.
     * \param e the event
     * \param samp_rate Hz, of the samples; 0: that of the settings
     */
    answer request(const event& e, double samp_rate = 0);

    //! No more samples: what has been asked for is cut as far as it is there.
    void finish();

    //! Clips that are complete since the last call, in the order of their ends.
    std::vector<event_clip> take();

    //! Samples so far, lost ones included.
    std::int64_t samples() const { return d_end; }
    //! The parameters.
    const event_cutter_settings& design() const { return d_settings; }

private:
    struct wanted {
        event of;
        std::int64_t request;
        double samp_rate;
        std::int64_t start, end;
        std::int64_t reach; // after the last sample that is needed, with the low pass
        std::size_t decimation;
        bool lasts; // the end of the event was not reported yet
    };

    using place = std::pair<std::int64_t, std::int64_t>; // reach, request

    wanted clip_of(const event& e, double samp_rate) const;
    void store(const std::complex<float>* samples, std::size_t count);
    std::int64_t until_next_clip() const;
    void cut_what_is_complete(bool all);
    event_clip cut(const wanted& w) const;
    std::vector<std::complex<float>>
    decimated(std::int64_t start, std::int64_t end, double cycles, std::size_t decimation) const;
    std::int64_t oldest() const;
    std::complex<float> sample(std::int64_t at) const;

    event_cutter_settings d_settings;
    std::vector<std::complex<float>> d_ring;
    std::int64_t d_end = 0, d_requests = 0;
    std::map<place, wanted> d_wanted;
    std::unordered_map<std::uint64_t, place>
        d_lasting;                       // requests of events that last, by their ids
    std::set<std::uint64_t> d_cut_early; // events that last, whose clips are full
    std::deque<event_clip> d_clips;
};

} // namespace gr::stft::kernel
#endif
