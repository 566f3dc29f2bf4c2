/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_WINDOW_FAMILY_H
#define INCLUDED_STFT_KERNEL_FRAMES_WINDOW_FAMILY_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <string>
#include <vector>

namespace gr::stft::kernel {

namespace simd {
enum class shape;
}

//! The variable a window is differentiated by: its length theta, or the position t of its centre.
enum class wrt { nothing, length, position };

/*!
 * \brief The factor on g(x / theta); every one but dcunit is c theta^-p.
 *
 * - peak: 1; a tone's amplitude grows with theta
 * - l1: 1 / (theta integral of g); a tone keeps its amplitude
 * - l2: 1 / sqrt(theta integral of g^2); white noise keeps its level
 * - dcunit: 1 / sum of g over the integers under the window; exactly unit gain at DC
 * - contract: n_fft / theta
 */
enum class norm { peak, l1, l2, dcunit, contract };

//! \throws std::invalid_argument unless name is "peak", "l1", "l2", "dcunit" or "contract"
STFT_API norm norm_named(const std::string& name);
//! The name that norm_named() knows it by.
STFT_API const char* name_of(norm n);

/*!
 * \brief A family of windows g(x / theta), continuous in the real length theta and in the position.
 *
 * x is the distance from the window's centre, theta > 0 the window's length, both in samples; g is even, g(0) = 1,
 * and g(u) = 0 for |u| >= 1/2. Leiber et al., "Learnable adaptive time-frequency representation via differentiable
 * short-time Fourier transform", 2025, eqs. (2)-(5).
 */
class STFT_API window_family
{
public:
    /*!
     * \param name "hann", "sine" (SciPy's "cosine"), "blackman", "bartlett", "parzen", "bohman", "nuttall_cfd"
     *        (Nuttall's with a continuous first derivative), "gaussian"
     * \param parameters for "gaussian" the ratio rho of its standard deviation to theta, at most and by default
     *        1/6; its derivatives are those of the smooth part, the step of exp(-1 / (8 rho^2)) at the edge left out
     * \throws std::invalid_argument for an unknown name, a wrong parameter, or a window that jumps at its edge and
     *         so has no derivative; the message gives the height of the jump
     */
    window_family(const std::string& name = "hann", std::vector<double> parameters = {});
    //! Family with the default values of its parameters.
    window_family(const char* name) : window_family(std::string(name)) {}

    //! g(x / theta), or its derivative by theta or by the centre's position (minus that by x).
    double evaluate(double x, double theta, wrt variable = wrt::nothing) const;

    //! Integral of g over u; the Gaussian's are those of the whole line, as if it were not cut.
    double integral() const { return d_integral; }
    //! Integral of g^2 over u, likewise.
    double energy() const { return d_energy; }

    //! `hann`, `gaussian(0.166667)`
    std::string description() const;

    //! Name of the family, without parameters.
    std::string name() const;

    //! Shape g by which the kernels evaluate the window.
    simd::shape shape() const { return d_shape; }
    //! Standard deviation of the Gaussian as a fraction of theta; of no meaning for the others.
    double rho() const { return d_rho; }

    //! True if shapes and their parameters are equal.
    bool operator==(const window_family& other) const
    {
        return d_shape == other.d_shape && d_rho == other.d_rho;
    }

    //! Every name that the constructor takes, aliases left out.
    static std::vector<std::string> names();

private:
    simd::shape d_shape;
    double d_rho = 1.0 / 6;
    double d_integral, d_energy;
};

} // namespace gr::stft::kernel
#endif
