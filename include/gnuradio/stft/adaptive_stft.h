/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_ADAPTIVE_STFT_H
#define INCLUDED_STFT_ADAPTIVE_STFT_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>

namespace gr::stft {

//! Settings of adaptive_stft: everything about frames and learning, and the stream.
struct STFT_API adaptive_stft_settings : kernel::adaptive_settings {
    //! A relative rate for each frame instead, by which time is warped; float samples only.
    bool warp = false;
    double samp_rate = 1;                //!< Hz; 1: unknown. An rx_rate tag overrides it
    std::int64_t report_interval = 1000; //!< frames from report to report, 1 .. 2^31 - 1

    //! Checks all parameters. \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

namespace kernel {
//! Parameters of adaptive_stft_settings.
template <>
inline constexpr auto fields<adaptive_stft_settings> =
    std::tuple_cat(fields<adaptive_settings>,
                   std::tuple(field("warp", &adaptive_stft_settings::warp),
                              field("samp_rate", &adaptive_stft_settings::samp_rate),
                              field("report_interval", &adaptive_stft_settings::report_interval)));
} // namespace kernel

/*!
 * \brief Samples in, spectra out, with window lengths theta, and frame positions t if wanted, that follow the signal
 * while it streams. kernel::adaptive_stft tells how they are learned.
 *
 * Input: samples, float (adaptive_stft_fvc) or complex (adaptive_stft_cvc). Output 0: spectra, n_fft / 2 + 1 bins for
 * float, n_fft bins for complex samples, phases counted from sample 0. Output 1, if connected: theta, float, samples,
 * one for each frame, or with share "bin" or "cell" one for each bin in an item. Output 2, if connected: the frame's
 * centre, two doubles, whole samples and fraction. All three are what idstft_vcf and idstft_vcc take, which give the
 * input back.
 *
 * Where chirp rates are learned (learn "theta_chirp") spectra have n_fft bins for float samples, too, being those of their
 * analytic signal, and there is an output 3, if connected: the frame's chirp rate c, float, cycles per sample^2. With it
 * idstft_vcc gives the input back, as the real part of its output for float samples.
 *
 * With warp time is warped by a relative rate a = f'/f in each frame, so that all orders of a shaft are tones
 * (kernel::warped_stft), for looking and tracking: there is no inverse. Output 0 has n_fft / 2 + 1 bins, phases counted
 * from the frame's centre; theta is theta_init throughout, or learned (0); output 3 is a, float, per sample. Frames lie
 * within the signal, so the first one is centred at a multiple of the hop after theta / 2. Of the other parameters only
 * n_fft, hop, block, lag and smoothness may differ from their defaults, nothing can be changed while the block runs, and
 * there are no reports.
 *
 * Frame n is centred at n hop, n = 0 .. floor(samples / hop), or within half a hop of it where t is learned; with alpha
 * > 0 at t_0 = 0, t_{n+1} = t_n + alpha theta_n, as long as windows begin before the last sample (fixed overlap).
 * At the end of the input all frames come out that still lack samples of their future.
 *
 * Tags: as those of dstft, with stft_share "frame" or "cell", since theta comes on output 1; but "constant" and
 * stft_theta where only t is learned. No stft_step where t is learned, since positions come on output 2. Frame 0 and every
 * change of the settings carry them; the last frame carries stft_length.
 *
 * Message port "cmd": a dict (or pair) of theta (a number, or a vector for the bins), load (the name of a file, as
 * load_theta()), theta_min, theta_max, hop, freeze (a boolean), reset (anything), and optionally at, the sample that the
 * first changed frame is centred at or after. A change request that is refused is logged and
 * changes nothing.
 *
 * Message port "report": every report_interval frames, and for the last ones, a dict of criterion (of the last frame),
 * theta_mean, theta_least, theta_greatest (samples, of these frames), at_theta_min, at_theta_max (shares of their window
 * lengths within 1 % of a bound), advice (a sentence on what to change if that is more than half of them, else empty),
 * chirped (where rates are learned, the fraction of the frames that have one), frames (their number), first_frame,
 * evaluations, dropped (since the stream began), frames_per_second, load. Most of them are variables of ControlPort, too.
 *
 * If settings.load_limit > 0 and the block does not keep pace, it measures fewer candidates (counted by dropped()), but
 * never loses a sample. Its load is the time it works, as a fraction of the duration of the samples
 * it has taken meanwhile; while the sample rate is unknown, how full the buffer is that it reads
 * from. Then results depend on the machine; without load_limit, they are those of
 * kernel::adaptive_stft on the whole signal to the bit.
 */
template <class T>
class STFT_API adaptive_stft : public changeable<adaptive_stft_settings>
{
public:
    using sptr = std::shared_ptr<adaptive_stft<T>>; //!< type that make() returns

    /*!
     * \param s n_fft at least
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if a stream's buffer would
     *         exceed 512 MiB
     */
    static sptr make(const adaptive_stft_settings& s);

    //!@{
    //! Requests another value, from the next frame on; a length of 0 stands for its default. \throws as request()
    void set_hop(double hop) { this->request({ "hop", hop }); }
    void set_bounds(double theta_min, double theta_max)
    {
        this->request(kernel::change<adaptive_stft_settings>("theta_min", theta_min)
                          .set("theta_max", theta_max));
    }
    //! True: window lengths stay as they are, and nothing is measured, until freeze is taken back.
    void set_freeze(bool freeze) { this->request({ "freeze", freeze }); }
    //!@}

    //! Learning goes on from this window length, from the next frame on. \throws as request()
    virtual void set_theta(double theta) = 0;
    //! One for each bin; one for all with share "constant" or "frame". \throws as request()
    virtual void set_theta(const std::vector<float>& theta) = 0;

    //! set_theta() with the last item of a file of floats, as a file sink writes from output 1.
    virtual void load_theta(const std::string& path) = 0;

    //! Forgets what was learned.
    virtual void reset() = 0;

    //! Window lengths of the last frame: one, or one for each bin.
    virtual std::vector<float> theta() const = 0;

    //! Criterion of the last frame that was measured before the last report.
    virtual double criterion() const = 0;
    //! Mean of the frames of the last report, samples.
    virtual double theta_mean() const = 0;
    //! Spectra computed in order to learn, from the start of the stream to the last report.
    virtual std::uint64_t evaluations() const = 0;
    //! Evaluations skipped because of load_limit, from the start of the stream to the last report.
    virtual std::uint64_t dropped() const = 0;
    //! Frames per second of wall-clock time, averaged over the last second or more before the last
    //! report; 0 until a second has passed. If the stream ends before that, the average is over the
    //! whole stream.
    virtual double frames_per_second() const = 0;

    //! Load at the last report: work time divided by the duration of the samples taken in; while
    //! the sample rate is unknown, the fraction of the input buffer that is filled.
    virtual double load() const = 0;

    //! Samples that follow a frame's centre before the frame leaves.
    virtual std::int64_t latency() const = 0;
};

using adaptive_stft_fvc = adaptive_stft<float>;
using adaptive_stft_cvc = adaptive_stft<gr_complex>;

} // namespace gr::stft
#endif
