/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_ADAPTIVE_ADAPTIVE_STFT_H
#define INCLUDED_STFT_KERNEL_ADAPTIVE_ADAPTIVE_STFT_H

#include <gnuradio/stft/kernel/dstft/positions.h>
#include <memory>
#include <string>

namespace gr::stft::kernel {

/*!
 * \brief How window lengths are found.
 *
 * - bank: a few candidates, log-spaced, are measured at every frame; a shortest path chooses among them.
 * - gradient: Adam descends in ln theta, from frame to frame.
 */
enum class learning_method { bank, gradient };

//! \throws std::invalid_argument unless name is "bank" or "gradient"
STFT_API learning_method learning_method_named(const std::string& name);
//! "bank" or "gradient"
STFT_API const char* name_of(learning_method method);

//! What is learned: window lengths, the positions of frames, or both.
enum class learned { theta, t, both };

//! \throws std::invalid_argument unless name is "theta", "t" or "both"
STFT_API learned learned_named(const std::string& name);
//! "theta", "t" or "both"
STFT_API const char* name_of(learned what);

/*!
 * \brief What measures concentration; all are minimised. q = W |S|^2 is the whitened power, a = sqrt(q).
 *
 * Pooled, so that the sums are over all frames of a block:
 * - l1l2: 2 ln sum a - ln sum q
 * - entropy: Shannon's of q as a distribution, nats
 * - renyi: Renyi's of q, of `order`
 * - magnitude_entropy: Shannon's of a
 *
 * Of each frame alone, and averaged over the block:
 * - kurtosis: ln((sum q)^2 / sum q^2), so that the kurtosis of |S| is maximised
 * - frame_entropy: Shannon's of a; it cannot see concentration in time
 */
enum class adaptive_criterion { l1l2, entropy, renyi, kurtosis, magnitude_entropy, frame_entropy };

//! \throws std::invalid_argument unless name is one of the above
STFT_API adaptive_criterion adaptive_criterion_named(const std::string& name);
//! The name that adaptive_criterion_named() knows it by.
STFT_API const char* name_of(adaptive_criterion criterion);

//! Whether a criterion's sums are over the block before they are normalised.
constexpr bool is_pooled(adaptive_criterion criterion)
{
    return criterion != adaptive_criterion::kurtosis &&
           criterion != adaptive_criterion::frame_entropy;
}

/*!
 * \brief Everything that an adaptive STFT is made from. Lengths are in samples; 0 or -1 stands for a default that
 * follows from the others, which filled() tells.
 */
struct STFT_API adaptive_settings {
    std::size_t n_fft = 0; //!< DFT length, >= 8
    double hop = 0;        //!< between frames, and between the bank's; 0: n_fft / 16
    double alpha = 0;      //!< > 0: output frame n + 1 lies alpha theta_n behind frame n
    learning_method method = learning_method::bank; //!< how theta is found; t always by descent
    sharing share = sharing::frame; //!< bin: one theta for each bin of all frames; cell: of each
    learned learn = learned::theta; //!< what is not learned stays at theta_init, or on the grid
    adaptive_criterion criterion = adaptive_criterion::l1l2; //!< what is minimised
    double order = 2;                                        //!< of renyi
    double theta_min = 0;                                    //!< 0: 2 hop, at least 4
    double theta_max = 0;                                    //!< 0: n_fft
    double theta_init = 0; //!< before anything is learned; 0: the geometric middle of the bounds
    window_family window{ "hann" };       //!< g
    kernel::norm norm = kernel::norm::l2; //!< of the spectra that come out
    std::int64_t candidates = 7;          //!< window lengths in the bank
    std::int64_t bands = 4;               //!< of share bin and cell
    bool interpolate =
        false; //!< each band has one theta; or ln theta runs straight from band to band over the bins
    std::int64_t block =
        -1; //!< h: frames n - h .. n + h are measured jointly; -1: n_fft / (2 hop), 0 unless pooled
    std::int64_t lag =
        -1; //!< g: frames that the path looks ahead; -1: n_fft / (2 hop), 0 for the gradient
    bool causal =
        false; //!< frame n ends the block it is measured in, n - 2 h .. n; h is n_fft / (8 hop) then, g is 0
    double smoothness = 0.1; //!< price of a change by one in ln theta
    double prior = 0.01;     //!< pull towards the middle of the bounds, per square of ln theta
    double whiten = 1e-2;    //!< floor of the spectral envelope; 0: no whitening
    std::int64_t steps =
        -1; //!< of the gradient for each frame; -1: 0 for the bank's theta, 3 otherwise
    double rate =
        0; //!< Adam's: in ln theta, and in hops for t; 0: 0.05 for theta (0.02 after the bank), 0.1 for t
    double regularisation =
        -1;                 //!< weight of the mean total variation of ln theta over cells; -1: 0.1
    bool invertible = true; //!< refuse what may leave samples that no inverse can restore
    bool freeze = false;    //!< do not learn
    double load_limit = 0; //!< > 0: late() may drop evaluations; how late that is, the caller knows

    /*!
     * \brief These settings with every default filled in, checked against each other.
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    adaptive_settings filled() const;

    //! \throws std::invalid_argument as filled()
    void check() const { filled(); }
};

//! What has happened since the last such report, and since the beginning.
struct adaptive_report {
    double criterion = 0;   //!< of the last frame that was measured, at its theta
    double theta_mean = 0;  //!< samples, of the frames since the last report; 0 if there were none
    double theta_least = 0; //!< of the same
    double theta_greatest = 0; //!< of the same
    double at_theta_min =
        0; //!< share of the same that are within 1 % of theta_min, bands counted apart
    double at_theta_max = 0; //!< within 1 % of theta_max
    std::string
        advice; //!< which bound more than half of them are at, and what to change; empty if none are
    std::uint64_t frames = 0;      //!< since the last report
    std::uint64_t evaluations = 0; //!< spectra computed in order to learn, since the beginning
    std::uint64_t dropped = 0;     //!< of those that late() has left out, since the beginning
};

/*!
 * \brief A DSTFT of an endless signal whose window lengths, and positions if wanted, follow the signal.
 *
 * Samples go in by push() in chunks of any size; frames come out by next() as soon as ready() finds all that they
 * depend on. Grid frame n is centred at n hop, n = 0 .. floor(length / hop); at fixed overlap (alpha) output frames
 * have positions of their own and take the theta of the nearest grid frame. Theta is rounded to single precision
 * before the frame is transformed, t to 2^-16 samples where it is learned. A learned t stays within hop / 2 of its
 * grid frame, so that order and coverage are kept by construction; with `invertible`, within
 * 3/8 theta - hop / 2 as well, so that neighbouring windows overlap by a quarter at least, and the last frame stays
 * and has a theta of at least 8/3 of its distance to the last sample (theta_max at most).
 *
 * Whatever is computed is a function of the samples and of absolute frame numbers, so any split of the input gives
 * the same bits. Nothing is allocated for a frame. Samples that are not finite take no part in learning, and
 * neither they nor silence move theta. Nor does what lies beyond the ends of the signal: the bank measures a window that
 * would reach there at the nearest place where it does not; frames that come out before theta_max samples have come keep
 * theta_init, and so do all where the signal is shorter than theta_min (theta_max for method gradient).
 *
 * Concentration is measured jointly over blocks of frames and whitened; a bank of candidates and a shortest path in
 * ln theta find the window lengths (method bank), or Adam does (method gradient). After Leiber et al., "Learnable
 * adaptive time-frequency representation via differentiable short-time Fourier transform", 2025, whose descent over
 * a whole recording this replaces.
 *
 * T: float, double, or their complex types.
 */
template <class T>
class STFT_API adaptive_stft
{
public:
    using real = real_t<T>;             //!< the precision of everything
    using complex = std::complex<real>; //!< of a bin

    //! \throws std::invalid_argument as adaptive_settings::filled()
    explicit adaptive_stft(const adaptive_settings& settings);
    ~adaptive_stft();
    //!@{
    //! The other is left empty, and good for being assigned to only.
    adaptive_stft(adaptive_stft&&) noexcept;
    adaptive_stft& operator=(adaptive_stft&&) noexcept;
    //!@}

    //! Those in force, with defaults filled in.
    const adaptive_settings& settings() const;

    //! Bins of a frame's spectrum.
    std::size_t bins() const;

    //! Window lengths of a frame: 1, or one for each bin.
    std::size_t thetas() const;

    //! Samples that a frame comes out behind its centre.
    std::int64_t latency() const;

    //! Takes as many of the samples as there is room for and returns how many; some at least unless ready().
    std::size_t push(const T* samples, std::size_t count);

    //! The signal has ended: what remains are the frames up to its end, with the blocks that are there.
    void finish();
    //! Whether finish() was called.
    bool finished() const;

    //! Samples taken so far.
    std::int64_t received() const;

    //! Samples that are missing before the next frame can be ready; 0 if it is, or if there is none.
    std::int64_t wanted() const;

    //! Learns what the next frame needs. \return whether next() may be called
    bool ready();

    //! Whether the signal has ended and has no further frame. Before the last next() it is false.
    bool over() const;

    //! Number of the next frame.
    std::int64_t frame() const;

    //! Where the next frame would be centred were t not learned; changes are due by it.
    position centre() const;

    //! One past the last sample that the next frame's window may reach.
    std::int64_t end() const;

    /*!
     * \brief The next frame, which must be ready().
     * \param spectrum bins() values, or null where only window lengths and positions are wanted
     * \param theta thetas() window lengths, as the frame was transformed with
     * \param t its centre
     */
    void next(complex* spectrum, float* theta, position& t);
    //! The same for window lengths in double precision, none of whose values needs more than single precision.
    void next(complex* spectrum, double* theta, position& t);

    /*
     * Changes. Each applies from the next frame on; call them before its ready() to have the same result for any
     * split of the input. Refused values leave everything as it was.
     */

    //! The next frame has this window length; learning goes on from there.
    //! \param theta 1 or thetas() values. \throws std::invalid_argument unless finite and within the bounds
    void set_theta(const std::vector<double>& theta);

    //! \throws std::invalid_argument as adaptive_settings::filled(). Window lengths are clipped to the new bounds.
    void set_bounds(double theta_min, double theta_max);

    //! The next frame stays where it is; those behind it are `hop` apart. Bounds, block and lag that were defaults
    //! follow. \throws std::invalid_argument as adaptive_settings::filled()
    void set_hop(double hop);

    //! Window lengths stay as they are, and nothing is measured, until freeze is taken back.
    void set_freeze(bool freeze);

    //! Forgets what was learned: as at the beginning of a signal, from theta_init.
    void reset();

    //! The caller cannot keep pace (or can again): one level down (up) in evaluations, of three: all; long windows and
    //! steps of the gradient half as often; every second candidate, and a quarter of the steps. Only with a load_limit.
    void late(bool is_late);

    //! The window lengths of the last frame, which set_theta() takes.
    std::vector<double> theta() const;

    //! What happened since the last call; counts since then begin anew.
    adaptive_report report();

private:
    struct parts;
    std::unique_ptr<parts> d_parts;
};

} // namespace gr::stft::kernel
#endif
