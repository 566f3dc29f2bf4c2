/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/machine_block.h"
#include "stream/stream_buffers.h"
#include <gnuradio/stft/warped_rows.h>

namespace gr::stft {

namespace {

using bank = kernel::warped_rows<float>;

std::size_t length_of(const bank& rows) { return rows.design().bank().size() * rows.bins(); }

} // namespace

class warped_rows_impl : public machine_block<warped_rows_fvf, bank, warped_rows_impl>
{
    using base = machine_block<warped_rows_fvf, bank, warped_rows_impl>;

public:
    explicit warped_rows_impl(const kernel::warped_rows_settings& s)
        : gr::block("warped_rows",
                    gr::io_signature::make(1, 1, sizeof(float)),
                    output_rows(length(s) * sizeof(float))),
          base(length(s), s.samp_rate, std::make_unique<bank>(s)), d_settings(s),
          d_length(length_of(this->kernel()))
    {}

    std::int64_t hop() const override
    {
        return locked([this] { return static_cast<std::int64_t>(kernel().hop()); });
    }
    std::int64_t n_fft() const override
    {
        return locked([this] { return static_cast<std::int64_t>(kernel().n_fft()); });
    }
    double bin_width() const override
    {
        return locked([this] { return kernel().bin_width(); });
    }

    std::unique_ptr<bank> made(double samp_rate, std::int64_t first) const
    {
        auto s = d_settings;
        s.samp_rate = samp_rate;
        auto other = std::make_unique<bank>(s, 0, first);
        if (length_of(*other) != d_length)
            kernel::refuse("samp_rate", samp_rate, "gives rows of another length");
        return other;
    }
    static bool ready(bank& rows) { return rows.row(); }
    void write(bank& rows, std::int64_t, float* out) const
    {
        std::copy_n(rows.row(), d_length, out);
    }

private:
    kernel::warped_rows_settings d_settings;
    std::size_t d_length;
};

std::size_t warped_rows_fvf::length(const kernel::warped_rows_settings& s)
{
    return bank::row_length(s);
}

warped_rows_fvf::sptr warped_rows_fvf::make(const kernel::warped_rows_settings& s)
{
    check_rows(length(s) * sizeof(float));
    return gnuradio::make_block_sptr<warped_rows_impl>(s);
}

} // namespace gr::stft
