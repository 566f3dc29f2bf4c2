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
 * - bank: a few log-spaced candidates are measured at every frame; a Viterbi path chooses one.
 * - gradient: Adam descends in ln theta, and in the chirp rate where it is learned, from frame to frame.
 */
enum class learning_method { bank, gradient };

//! Returns the method of that name. \throws std::invalid_argument unless name is "bank" or
//! "gradient"
STFT_API learning_method learning_method_named(const std::string& name);
//! Returns "bank" or "gradient".
STFT_API const char* name_of(learning_method method);

//! Parameters that are learned: window lengths, the positions of frames, both, or window lengths and chirp rates.
enum class learned { theta, t, both, theta_chirp };

//! Returns the parameters of that name. \throws std::invalid_argument unless name is "theta", "t",
//! "both" or "theta_chirp"
STFT_API learned learned_named(const std::string& name);
//! Returns "theta", "t", "both" or "theta_chirp".
STFT_API const char* name_of(learned what);

//! True if window lengths are learned.
constexpr bool learns_theta(learned what) { return what != learned::t; }
//! True if positions of frames are learned.
constexpr bool learns_t(learned what) { return what == learned::t || what == learned::both; }
//! True if chirp rates are learned.
constexpr bool learns_chirp(learned what) { return what == learned::theta_chirp; }

/*!
 * \brief Criterion that measures concentration; all are minimised. q = W |S|^2 is the whitened
 * power, a = sqrt(q).
 *
 * Pooled criteria take their sums over all frames of a block:
 * - l1l2: 2 ln sum a - ln sum q
 * - entropy: Shannon entropy of q as a distribution, in nats
 * - renyi: Renyi entropy of q, of `order`, in nats
 * - magnitude_entropy: Shannon entropy of a, in nats
 *
 * Criteria of single frames are averaged over the block:
 * - kurtosis: ln((sum q)^2 / sum q^2), the negative logarithm of the kurtosis of a up to a
 *   constant (kernel::kurtosis() is the kurtosis itself)
 * - frame_entropy: Shannon entropy of a, in nats; it does not depend on concentration in time
 *
 * automatic: l1l2, or entropy where chirp rates are learned, since noise then offers fewer of them by chance.
 */
enum class adaptive_criterion {
    l1l2,
    entropy,
    renyi,
    kurtosis,
    magnitude_entropy,
    frame_entropy,
    automatic
};

//! Returns the criterion of that name. \throws std::invalid_argument unless name is one of the
//! above
STFT_API adaptive_criterion adaptive_criterion_named(const std::string& name);
//! Name of the criterion, as adaptive_criterion_named() takes it.
STFT_API const char* name_of(adaptive_criterion criterion);

//! True if the criterion normalises sums over the whole block, not those of each frame.
constexpr bool is_pooled(adaptive_criterion criterion)
{
    return criterion != adaptive_criterion::kurtosis &&
           criterion != adaptive_criterion::frame_entropy;
}

/*!
 * \brief Parameters of an adaptive STFT. Lengths are in samples. 0 or -1 stands for a default that
 * depends on the other parameters; filled() computes it.
 */
struct STFT_API adaptive_settings {
    std::size_t n_fft = 0; //!< DFT length, >= 8
    double hop = 0;        //!< between frames; 0: n_fft / 16
    double alpha = 0;      //!< > 0: output frame n + 1 is centred alpha theta_n after frame n
    learning_method method = learning_method::bank; //!< how theta is found; t is found by descent
    //! Cells that have a theta in common: constant (all), frame, bin (one theta per bin, constant over time) or cell (none).
    sharing share = sharing::frame;
    //! Parameters that are learned. A theta that is not stays at theta_init, a t on the grid.
    learned learn = learned::theta;
    adaptive_criterion criterion = adaptive_criterion::automatic; //!< criterion that is minimised
    double order = 2;                                             //!< order of renyi
    double theta_min = 0;                                         //!< 0: 2 hop, at least 4
    double theta_max = 0;                                         //!< 0: n_fft
    double theta_init = 0;                //!< first theta; 0: the geometric mean of the bounds
    window_family window{ "hann" };       //!< window family
    kernel::norm norm = kernel::norm::l2; //!< norm of the output spectra
    std::int64_t candidates = 7;          //!< window lengths in the bank
    //! Frequency bands with a theta of their own, for share bin and cell; -1: 4, or fewer if the shortest window's DFT has
    //! too few bins for them. It does not follow later changes of theta_min.
    std::int64_t bands = -1;
    //! Interpolate ln theta linearly between band centres; false: constant within each band.
    bool interpolate = false;
    //! Half block h: frames n - h .. n + h are measured jointly; -1: n_fft / (2 hop) if the
    //! criterion is pooled, else 0.
    std::int64_t block = -1;
    //! Frames that the path looks ahead; -1: n_fft / (2 hop) for the bank, else 0.
    std::int64_t lag = -1;
    //! Measure frame n in the block n - 2 h .. n before it; the default h is n_fft / (8 hop), lag
    //! is 0.
    bool causal = false;
    double smoothness = 0.1; //!< cost of a change of ln theta by 1
    double prior = 0.01;  //!< pull towards the geometric mean of the bounds, per square of ln theta
    double whiten = 1e-2; //!< floor of the spectral envelope; 0: no whitening
    //! Greatest magnitude of a chirp rate, in cycles per sample^2; 0: 94 / theta_max^2, at most 1 / (2 theta_max).
    double chirp_max = 0;
    //! Cost of a chirp rate, in units of what white noise is expected to offer.
    double chirp_prior = 1;
    //! Gradient steps per frame; -1: 0 where the bank finds theta alone, else 3.
    std::int64_t steps = -1;
    //! Learning rate of Adam, in ln theta, or in hops for t; 0: 0.05 for theta (0.02 after the
    //! bank), 0.1 for t. A chirp rate moves by as many times 2.7 / theta^2.
    double learning_rate = 0;
    //! Weight of the mean total variation of ln theta over the cells; -1: 0.1.
    double regularisation = -1;
    bool invertible = true; //!< refuse parameters with which no inverse may restore some samples
    bool freeze = false;    //!< keep theta as it is, without learning
    double load_limit = 0;  //!< > 0: late() may skip evaluations; the caller defines 'late'

    /*!
     * \brief Computes every default and checks the parameters against each other.
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    adaptive_settings filled() const;

    //! Checks the parameters. \throws std::invalid_argument as in filled()
    void check() const { filled(); }
};

//! Number of bins of an adaptive STFT of samples of type T.
template <class T>
std::size_t adaptive_bins(const adaptive_settings& s)
{
    return learns_chirp(s.learn) ? s.n_fft : bins<T>(s.n_fft);
}

//! Parameters of adaptive_settings.
template <>
inline constexpr auto fields<adaptive_settings> =
    std::tuple(field("n_fft", &adaptive_settings::n_fft).required(),
               field("hop", &adaptive_settings::hop).automatic().changeable(),
               field("alpha", &adaptive_settings::alpha),
               field("method", &adaptive_settings::method, learning_method_named),
               field("share", &adaptive_settings::share, sharing_named),
               field("learn", &adaptive_settings::learn, learned_named),
               field("criterion", &adaptive_settings::criterion, adaptive_criterion_named),
               field("theta_min", &adaptive_settings::theta_min).automatic().changeable(),
               field("theta_max", &adaptive_settings::theta_max).automatic().changeable(),
               field("theta_init", &adaptive_settings::theta_init).automatic(),
               field("window", &adaptive_settings::window),
               field("norm", &adaptive_settings::norm, norm_named),
               field("candidates", &adaptive_settings::candidates),
               field("bands", &adaptive_settings::bands).automatic(),
               field("interpolate", &adaptive_settings::interpolate),
               field("block", &adaptive_settings::block).automatic(),
               field("lag", &adaptive_settings::lag).automatic(),
               field("causal", &adaptive_settings::causal),
               field("smoothness", &adaptive_settings::smoothness),
               field("prior", &adaptive_settings::prior),
               field("whiten", &adaptive_settings::whiten),
               field("chirp_max", &adaptive_settings::chirp_max).automatic(),
               field("chirp_prior", &adaptive_settings::chirp_prior),
               field("steps", &adaptive_settings::steps).automatic(),
               field("learning_rate", &adaptive_settings::learning_rate).automatic(),
               field("regularisation", &adaptive_settings::regularisation).automatic(),
               field("order", &adaptive_settings::order),
               field("freeze", &adaptive_settings::freeze).changeable(),
               field("invertible", &adaptive_settings::invertible),
               field("load_limit", &adaptive_settings::load_limit));

//! Statistics of an adaptive STFT. "Frames" are the output frames since the report before.
struct adaptive_report {
    double criterion = 0;      //!< criterion of the last frame that was measured, at its theta
    double theta_mean = 0;     //!< mean window length of the frames, in samples; 0 without frames
    double theta_least = 0;    //!< shortest window length of the frames
    double theta_greatest = 0; //!< longest window length of the frames
    //! Fraction of the frames, bands counted apart, within 1 % of theta_min.
    double at_theta_min = 0;
    //! Fraction of the frames, bands counted apart, within 1 % of theta_max.
    double at_theta_max = 0;
    //! Name of the bound that more than half of the frames are at, and what to change; or empty.
    std::string advice;
    double chirped = 0;            //!< fraction of the frames that have a chirp rate other than 0
    std::uint64_t frames = 0;      //!< number of frames
    std::uint64_t evaluations = 0; //!< spectra computed for learning, since the beginning
    std::uint64_t dropped = 0;     //!< evaluations skipped because of late(), since the beginning
};

/*!
 * \brief A DSTFT of an endless signal that adapts its window lengths, and its positions on request,
 * to the signal.
 *
 * push() takes samples in chunks of any size; ready() decides the next frame once all samples that
 * it depends on have come; next() transforms it. Grid frame n is centred at n hop, n = 0 ..
 * floor(length / hop). At fixed overlap (alpha) output frames are not on the grid; each takes the
 * theta of the nearest grid frame. Theta is rounded to single precision before the frame is
 * transformed; a learned t is a multiple of 2^-16 samples. A learned t stays within hop / 2 of its
 * grid frame, which keeps the order of the frames and their coverage. With `invertible` it also
 * stays within 3/8 theta - hop / 2, so that neighbouring windows overlap by at least a quarter;
 * then the last frame is not moved, and its theta is at least 8/3 of its distance to the last
 * sample (theta_max at most).
 *
 * Results are a function of the samples and of absolute frame numbers, so any split of the input
 * gives the same bits. Nothing is allocated for a frame. Samples that are not finite are left out
 * of learning; neither they nor silence change theta. The zeros beyond the ends of the signal are
 * left out as well: the bank moves a window that would reach beyond an end to the nearest position
 * within the signal. Frames that are output before theta_max samples have come keep theta_init. So
 * do all frames of a signal shorter than theta_min (theta_max for method gradient).
 *
 * Concentration is measured on whitened spectra, jointly over blocks of frames. A bank of
 * candidates and a Viterbi path in ln theta find the window lengths (method bank), or Adam does
 * (method gradient). After Leiber et al., "Learnable adaptive time-frequency representation via
 * differentiable short-time Fourier transform", 2025, who descend over a whole recording instead.
 *
 * Where chirp rates are learned (learn theta_chirp), each frame has a rate c in addition to theta, in cycles per sample^2:
 *
 * S[m, n] = sum_k w(k - t_n, theta_n) exp(-i pi c_n (k - t_n)^2) z[k] exp(-2j pi k m / n_fft)
 *
 * z is the signal, or for real T its analytic signal, whose real part is the signal; so spectra have n_fft bins. With
 * a bank, a frame waits for two and a half blocks and lags. A rate must gain more than noise offers by chance. Rates are
 * rounded to single precision before the frame is transformed.
 *
 * T: float, double, or their complex types.
 */
template <class T>
class STFT_API adaptive_stft
{
public:
    using real = real_t<T>;             //!< the precision of everything
    using complex = std::complex<real>; //!< type of a bin

    //! \throws std::invalid_argument as in adaptive_settings::filled()
    explicit adaptive_stft(const adaptive_settings& settings);
    ~adaptive_stft();
    //!@{
    //! Moves; a moved-from object may only be assigned to or destroyed.
    adaptive_stft(adaptive_stft&&) noexcept;
    adaptive_stft& operator=(adaptive_stft&&) noexcept;
    //!@}

    //! Settings in force, with defaults filled in.
    const adaptive_settings& settings() const;

    //! Parameters as given, and as set_bounds() and set_hop() have left them; automatic ones are not filled in. A theta_init
    //! that a change has left outside of the bounds is automatic.
    const adaptive_settings& given() const;

    //! Number of bins of a spectrum.
    std::size_t bins() const;

    //! Number of window lengths of a frame: 1, or bins().
    std::size_t thetas() const;

    //! Greatest number of samples after its centre that a frame waits for.
    std::int64_t latency() const;

    //! Takes samples. \return number of samples taken, limited by the room left; at least 1 unless
    //! the next frame is decided
    std::size_t push(const T* samples, std::size_t count);

    //! Ends the signal. The remaining frames are decided with the samples and blocks that there
    //! are.
    void finish();
    //! True after finish().
    bool finished() const;

    //! Samples taken so far.
    std::int64_t received() const;

    //! Number of further samples with which ready() decides the next frame in any case; 0 if it is
    //! decided already, or the signal is finished.
    std::int64_t wanted() const;

    //! Decides the next frame, if the samples suffice. \return true if it is decided, so that
    //! next() may be called
    bool ready();

    //! True once the signal is finished and ready() has found no further frame.
    bool over() const;

    //! Index of the next frame, from 0.
    std::int64_t frame() const;

    //! Centre of the next frame before t is learned; changes for a sample apply to the first frame
    //! centred there or later.
    position centre() const;

    //! Index one past the last sample that the window of the next frame may reach.
    std::int64_t end() const;

    /*!
     * \brief Transforms the next frame, which ready() must have decided, and goes on to the one
     * after it.
     * \param spectrum bins() values, or null if only the window length and position are needed
     * \param theta the thetas() window lengths of the frame, in samples
     * \param t centre of the frame
     */
    void next(complex* spectrum, float* theta, position& t);
    //! Overload that widens the float window lengths to double.
    void next(complex* spectrum, double* theta, position& t);

    //! Chirp rate of the frame that next() gave last, in cycles per sample^2; 0 unless rates are learned.
    float chirp() const;

    /*
     * Changes. Each applies from the next frame on. Called before ready() has been asked for that
     * frame, it gives the same result for any split of the input. A refused value changes nothing.
     */

    //! Sets the window length of the next frame, from which learning goes on.
    //! \param theta 1 or thetas() values. \throws std::invalid_argument unless finite and within
    //! the bounds
    void set_theta(const std::vector<double>& theta);

    //! Sets the bounds of the window lengths, and clips the last ones to them.
    //! \throws std::invalid_argument as in adaptive_settings::filled()
    void set_bounds(double theta_min, double theta_max);

    //! Sets the hop of the frames after the next one, which keeps its centre. Defaults that depend
    //! on the hop (bounds, block and lag) are computed again. \throws std::invalid_argument as in
    //! adaptive_settings::filled()
    void set_hop(double hop);

    //! true: keeps the window lengths and measures nothing; false: learns again.
    void set_freeze(bool freeze);

    //! Discards what was learned and starts again from theta_init, as at the beginning of a signal.
    void reset();

    //! Lowers (true) or raises (false) the number of evaluations by one of three levels: all; long
    //! windows and gradient steps half as often; every second candidate and a quarter of the steps.
    //! Without a load_limit it does nothing.
    void late(bool is_late);

    //! Window lengths of the last frame, in the form that set_theta() takes.
    std::vector<double> theta() const;

    //! Reports the statistics since the last call, and restarts them.
    adaptive_report report();

private:
    struct parts;
    std::unique_ptr<parts> d_parts;
};

} // namespace gr::stft::kernel
#endif
