/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "warped_stft_impl.h"
#include "adaptive_changes.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/warped/warped_stft.h>

namespace gr::stft {

namespace {

kernel::warped_stft_settings warped(const adaptive_stft_settings& s)
{
    return { s.n_fft, s.hop, s.theta_init, s.block, s.lag, s.smoothness };
}

/*!
 * \brief Frames with a relative rate each: kernel::warped_stft in a stream.
 *
 * Nothing is learned that could be set, kept or reported, so requests are refused and the getters are constant.
 */
class warped_stft_impl
    : public dstft_block<adaptive_stft<float>, adaptive_change, changing_settings>
{
    using base = dstft_block<adaptive_stft<float>, adaptive_change, changing_settings>;

public:
    explicit warped_stft_impl(const adaptive_stft_settings& given)
        : gr::block("adaptive_stft",
                    gr::io_signature::make(1, 1, sizeof(float)),
                    mixed_output_rows(1,
                                      { (given.n_fft / 2 + 1) * sizeof(gr_complex),
                                        sizeof(float),
                                        2 * sizeof(double),
                                        sizeof(float) })),
          base(warped(given).filled().hop,
               sizeof(float),
               rows_per_call((given.n_fft / 2 + 1) * sizeof(gr_complex)),
               false),
          d_given(given), d_kernel(warped(given))
    {
        if (given.samp_rate != 1.0)
            this->d_rate = given.samp_rate;
    }

    void forecast(int, gr_vector_int& required) override { required[0] = d_missing ? 1 : 0; }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        const auto in = static_cast<const float*>(input_items[0]);
        int used = 0, produced = 0;
        while (produced < noutput_items) {
            if (d_kernel.ready()) {
                write(output_items, produced++);
                continue;
            }
            const auto left = static_cast<std::size_t>(ninput_items[0] - used);
            const auto taken = static_cast<int>(left ? d_kernel.push(in + used, left) : 0);
            if (taken == 0)
                break;
            this->take_tags(used, used + taken);
            used += taken;
            d_received += taken;
        }
        if (used == ninput_items[0] && !d_kernel.ready() && input_ends(this->detail(), used)) {
            if (!std::exchange(d_finished, true))
                d_kernel.finish();
            while (produced < noutput_items && d_kernel.ready())
                write(output_items, produced++);
        }
        d_missing = !d_finished && !d_kernel.ready();
        this->consume(0, used);
        if (!d_finished || d_kernel.ready())
            return produced;
        for (std::size_t port = 0; port < output_items.size(); ++port)
            this->produce(static_cast<int>(port), produced);
        return gr::block::WORK_DONE;
    }

    void set_theta(double) override { refuse_change(); }
    void set_theta(const std::vector<float>&) override { refuse_change(); }
    void load_theta(const std::string&) override { refuse_change(); }
    void request(const kernel::change<adaptive_stft_settings>&) override { refuse_change(); }
    void reset() override { refuse_change(); }
    adaptive_stft_settings wanted() const override { return d_given; }

    std::vector<float> theta() const override { return { static_cast<float>(theta_mean()) }; }
    double criterion() const override { return 0; }
    double theta_mean() const override
    {
        return this->locked([this] { return d_kernel.theta(); });
    }
    std::uint64_t evaluations() const override { return 0; }
    std::uint64_t dropped() const override { return 0; }
    double frames_per_second() const override { return 0; }
    double load() const override { return 0; }
    std::int64_t latency() const override
    {
        return this->locked([this] { return d_kernel.latency(); });
    }

private:
    [[noreturn]] static void refuse_change()
    {
        kernel::refuse("warp", "True", "takes no changes while the block runs");
    }

    void write(gr_vector_void_star& out, int item)
    {
        const auto row = static_cast<std::size_t>(item);
        const auto& s = d_kernel.settings();
        const kernel::position t{ d_kernel.frame() * static_cast<std::int64_t>(s.hop), 0 };
        const auto rate = d_kernel.next(static_cast<gr_complex*>(out[0]) + row * d_kernel.bins());
        if (out.size() > 1)
            static_cast<float*>(out[1])[row] = static_cast<float>(d_kernel.theta());
        if (out.size() > 2) {
            static_cast<double*>(out[2])[2 * row] = static_cast<double>(t.sample);
            static_cast<double*>(out[2])[2 * row + 1] = 0;
        }
        if (out.size() > 3)
            static_cast<float*>(out[3])[row] = static_cast<float>(rate);
        const auto end = t.sample + static_cast<std::int64_t>(d_kernel.theta() / 2);
        const auto at = this->nitems_written(0) + row;
        this->put_tags(at, t, end, s.hop, [] { return std::vector<key_value>(); });
        if (d_finished && !d_kernel.ready())
            this->put_last_tags(at, t, s.hop, d_received);
    }

    void restarted() override
    {
        base::restarted();
        d_kernel = kernel::warped_stft<float>(warped(d_given));
        d_finished = false;
        d_missing = true;
        d_received = 0;
    }

    adaptive_stft_settings d_given;
    kernel::warped_stft<float> d_kernel;
    bool d_finished = false, d_missing = true;
    std::int64_t d_received = 0;
};

} // namespace

void check_warped(const adaptive_stft_settings& s)
{
    warped(s).check();
    const adaptive_stft_settings usual;
    const auto refuse_unless = [](bool holds, const char* name, const auto& value) {
        if (!holds)
            kernel::refuse(name, value, "must be left at its default where time is warped");
    };
    refuse_unless(s.alpha == usual.alpha, "alpha", s.alpha);
    refuse_unless(s.method == usual.method, "method", kernel::name_of(s.method));
    refuse_unless(s.share == usual.share, "share", kernel::name_of(s.share));
    refuse_unless(s.learn == usual.learn, "learn", kernel::name_of(s.learn));
    refuse_unless(s.criterion == usual.criterion, "criterion", kernel::name_of(s.criterion));
    refuse_unless(s.theta_min == usual.theta_min, "theta_min", s.theta_min);
    refuse_unless(s.theta_max == usual.theta_max, "theta_max", s.theta_max);
    refuse_unless(s.window == usual.window, "window", "another one");
    refuse_unless(s.norm == usual.norm, "norm", kernel::name_of(s.norm));
    refuse_unless(!s.causal, "causal", "True");
    refuse_unless(!s.freeze, "freeze", "True");
    refuse_unless(s.steps == usual.steps, "steps", s.steps);
    refuse_unless(s.load_limit == usual.load_limit, "load_limit", s.load_limit);
}

adaptive_stft<float>::sptr make_warped(const adaptive_stft_settings& s)
{
    check_rows((s.n_fft / 2 + 1) * sizeof(gr_complex));
    return gnuradio::make_block_sptr<warped_stft_impl>(s);
}

} // namespace gr::stft
