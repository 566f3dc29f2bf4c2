/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"
#include "images.h"
#include <gnuradio/fft/fft.h>
#include <gnuradio/stft/kernel/image/istft2d.h>
#include <gnuradio/stft/kernel/image/stft2d.h>
#include <fftw3.h>
#include <volk/volk.h>
#include <volk/volk_alloc.hh>
#include <cstring>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>

namespace gr::stft::bench {

namespace {

using complex = std::complex<float>;

//! A window of N x N pixels on an image with a border of zeros, one patch at a time.
class naive_images
{
public:
    naive_images(std::size_t height, std::size_t width, std::size_t window, std::size_t hop)
        : d_height(height), d_width(width), d_n(window), d_hop(hop), d_down(1 + height / hop),
          d_across(1 + width / hop), d_stride(width + window), d_window(window * window),
          d_patch(window * window), d_canvas((height + window) * d_stride),
          d_spectrum((window / 2 + 1) * window)
    {
        std::vector<double> w(window);
        for (std::size_t i = 0; i < window; ++i)
            w[i] = 0.5 -
                   0.5 * std::cos(2 * M_PI * static_cast<double>(i) / static_cast<double>(window));
        for (std::size_t i = 0; i < d_window.size(); ++i)
            d_window[i] = static_cast<float>(w[i / window] * w[i % window]);
        d_rows = coverage(w, d_down, height);
        d_columns = coverage(w, d_across, width);

        // the height is the axis that is halved: it goes last
        const int n = static_cast<int>(window);
        fftwf_iodim axes[] = { { n, 1, 1 }, { n, n, n } };
        auto* bins = reinterpret_cast<fftwf_complex*>(d_spectrum.data());
        std::scoped_lock lock(gr::fft::planner::mutex());
        d_forward =
            fftwf_plan_guru_dft_r2c(2, axes, 0, nullptr, d_patch.data(), bins, FFTW_MEASURE);
        d_backward =
            fftwf_plan_guru_dft_c2r(2, axes, 0, nullptr, bins, d_patch.data(), FFTW_MEASURE);
    }
    ~naive_images()
    {
        std::scoped_lock lock(gr::fft::planner::mutex());
        fftwf_destroy_plan(d_forward);
        fftwf_destroy_plan(d_backward);
    }
    naive_images(const naive_images&) = delete;
    naive_images& operator=(const naive_images&) = delete;

    std::size_t patches() const { return d_down * d_across; }
    std::size_t down() const { return d_down; }

    void analyse(const float* image, complex* X)
    {
        std::fill(d_canvas.begin(), d_canvas.end(), 0.0f);
        for (std::size_t r = 0; r < d_height; ++r)
            std::memcpy(inside(r), image + r * d_width, d_width * sizeof(float));
        for (std::size_t p = 0; p < patches(); ++p, X += d_spectrum.size()) {
            const float* corner = patch_at(p);
            for (std::size_t i = 0; i < d_n; ++i)
                volk_32f_x2_multiply_32f(d_patch.data() + i * d_n,
                                         corner + i * d_stride,
                                         d_window.data() + i * d_n,
                                         static_cast<unsigned>(d_n));
            fftwf_execute(d_forward);
            std::memcpy(X, d_spectrum.data(), d_spectrum.size() * sizeof(complex));
        }
    }

    void invert(const complex* X, float* image)
    {
        std::fill(d_canvas.begin(), d_canvas.end(), 0.0f);
        for (std::size_t p = 0; p < patches(); ++p, X += d_spectrum.size()) {
            std::memcpy(d_spectrum.data(), X, d_spectrum.size() * sizeof(complex));
            fftwf_execute(d_backward);
            float* corner = patch_at(p);
            for (std::size_t i = 0; i < d_n; ++i)
                for (std::size_t j = 0; j < d_n; ++j)
                    corner[i * d_stride + j] += d_patch[i * d_n + j] * d_window[i * d_n + j];
        }
        const auto scale = 1 / static_cast<float>(d_n * d_n);
        for (std::size_t r = 0; r < d_height; ++r)
            for (std::size_t c = 0; c < d_width; ++c)
                image[r * d_width + c] = inside(r)[c] * (scale * d_rows[r] * d_columns[c]);
    }

private:
    float* inside(std::size_t row)
    {
        return d_canvas.data() + (row + d_n / 2) * d_stride + d_n / 2;
    }
    float* patch_at(std::size_t p)
    {
        return d_canvas.data() + p / d_across * d_hop * d_stride + p % d_across * d_hop;
    }
    //! 1 / the sum of the squares of all windows over a pixel
    std::vector<float> coverage(const std::vector<double>& w, std::size_t frames, std::size_t size)
    {
        std::vector<double> sum(frames * d_hop + d_n);
        for (std::size_t m = 0; m < frames; ++m)
            for (std::size_t i = 0; i < d_n; ++i)
                sum[m * d_hop + i] += w[i] * w[i];
        std::vector<float> inverse;
        for (std::size_t k = 0; k < size; ++k)
            inverse.push_back(static_cast<float>(1 / sum[k + d_n / 2]));
        return inverse;
    }

    std::size_t d_height, d_width, d_n, d_hop, d_down, d_across, d_stride;
    volk::vector<float> d_window, d_patch, d_canvas;
    volk::vector<complex> d_spectrum;
    std::vector<float> d_rows, d_columns;
    fftwf_plan d_forward, d_backward;
};

} // namespace

image_comparison compare_images(std::size_t height,
                                std::size_t width,
                                std::size_t window,
                                std::size_t hop,
                                bool inverse,
                                std::size_t rounds)
{
    if (window < 2 || window % 2 != 0)
        throw std::invalid_argument("window: " + std::to_string(window) + ": must be even");
    if (hop < 1 || 2 * hop > window)
        throw std::invalid_argument("hop: " + std::to_string(hop) + ": must be 1 .. window / 2");
    if (std::min(height, width) < 2 * window)
        throw std::invalid_argument("window: " + std::to_string(window) +
                                    ": must be at most half of the image's sides");
    kernel::parameters2d p;
    p.height.win_length = p.width.win_length = window;
    p.height.hop = p.width.hop = hop;
    p.tail = kernel::tail::floor;

    naive_images naive(height, width, window, hop);
    volk::vector<float> image(height * width), returned(image.size()), theirs(image.size());
    std::mt19937 generator(1);
    std::uniform_real_distribution<float> brightness;
    std::generate(image.begin(), image.end(), [&] { return brightness(generator); });
    const auto numbers = naive.patches() * (window / 2 + 1) * window;
    volk::vector<complex> X(numbers), Y(numbers);

    const auto analyse = [&] {
        kernel::stft2d<float>(p, width).analyse(image.data(), height, X.data());
    };
    const auto invert = [&] {
        kernel::istft2d<float>(p, width).invert(X.data(), naive.down(), returned.data(), height);
    };
    analyse();
    naive.analyse(image.data(), Y.data());
    invert();
    naive.invert(X.data(), theirs.data());
    image_comparison result{ naive.patches(),
                             inverse ? difference(theirs.data(), returned.data(), theirs.size())
                                     : difference(Y.data(), X.data(), X.size()),
                             {},
                             {} };
    require_agreement(result.error);
    using call = std::function<void()>;
    const std::vector<call> cases =
        inverse ? std::vector<call>{ invert, [&] { naive.invert(X.data(), theirs.data()); } }
                : std::vector<call>{ analyse, [&] { naive.analyse(image.data(), Y.data()); } };
    const auto times = interleaved(cases, rounds, 0);
    for (std::size_t c = 0; c < 2; ++c)
        for (double time : times[c])
            (c ? result.naive : result.ours).push_back(time / static_cast<double>(result.patches));
    return result;
}

} // namespace gr::stft::bench
