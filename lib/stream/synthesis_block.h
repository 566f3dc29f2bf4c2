/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_SYNTHESIS_BLOCK_H
#define INCLUDED_STFT_LIB_STREAM_SYNTHESIS_BLOCK_H

#include "stream_block.h"
#include "stream_buffers.h"
#include "stream_end.h"
#include <algorithm>
#include <atomic>
#include <functional>
#include <type_traits>

namespace gr::stft {

template <class Inverse, class = void>
struct has_runs : std::false_type {};
template <class Inverse>
struct has_runs<Inverse, std::void_t<decltype(&Inverse::add_run)>> : std::true_type {};

template <class Inverse, class = void>
struct counts_uncovered : std::false_type {};
template <class Inverse>
struct counts_uncovered<Inverse, std::void_t<decltype(&Inverse::uncovered)>> : std::true_type {};

/*!
 * \brief Common part of the blocks that turn spectra into samples: the tags that describe frames,
 * those that go back to their samples, and the end of the stream.
 *
 * Interface is the public block. Inverse takes frames and gives samples as kernel::istft does; add_run() and uncovered() it
 * may lack.
 */
template <class T, class Interface, class Inverse>
class synthesis_block : public stream_block<Interface>
{
public:
    void forecast(int, gr_vector_int& required) override
    {
        required[0] = d_inverse.ready() ? 0 : askable(this->detail(), 1);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        const auto bins = d_inverse.bins();
        auto spectrum = static_cast<const gr_complex*>(input_items[0]);
        const auto out = static_cast<T*>(output_items[0]);
        const auto first = this->nitems_read(0);
        this->get_tags_in_range(d_ahead, 0, first, first + ninput_items[0]);
        sort_by_sample(d_ahead);
        d_next_tag = d_ahead.begin();
        int used = 0, produced = 0;
        while (produced < noutput_items) {
            if (d_inverse.ready()) {
                produced += static_cast<int>(d_inverse.read(
                    out + produced, static_cast<std::size_t>(noutput_items - produced)));
                this->write_tags(d_tags, this->nitems_written(0) + produced, d_length);
            } else if (used == ninput_items[0]) {
                break;
            } else if (const auto frames = add_run(spectrum,
                                                   first + used,
                                                   first + ninput_items[0],
                                                   out + produced,
                                                   noutput_items - produced)) {
                spectrum += frames * bins;
                used += static_cast<int>(frames);
                produced += static_cast<int>(frames * d_inverse.design().hop);
                this->write_tags(d_tags, this->nitems_written(0) + produced, d_length);
            } else if (take_tags(first + used, this->nitems_written(0) + produced)) {
                add(spectrum);
                spectrum += bins;
                ++used;
            }
        }
        d_ended = d_ended || (used == ninput_items[0] && input_ends(this->detail(), used));
        this->consume_each(used);
        count_uncovered();
        if (d_ended && used == ninput_items[0] && !d_inverse.ready()) {
            if (!d_length) {
                finish(d_inverse.ends_at());
                produced += static_cast<int>(d_inverse.read(
                    out + produced, static_cast<std::size_t>(noutput_items - produced)));
                this->write_tags(d_tags, this->nitems_written(0) + produced, d_length);
                count_uncovered();
            }
            if (!d_inverse.ready()) {
                this->produce(0, produced);
                return gr::block::WORK_DONE;
            }
        }
        return produced;
    }

protected:
    //! \param make returns a new inverse
    explicit synthesis_block(std::function<Inverse()> make)
        : d_make(std::move(make)), d_inverse(d_make())
    {
        this->set_tag_propagation_policy(gr::block::TPP_CUSTOM);
        const auto row_bytes = d_inverse.bins() * sizeof(gr_complex);
        this->set_interpolation(d_inverse.design().hop, sizeof(T), rows_per_call(row_bytes));
    }

    void restarted() override
    {
        d_inverse = d_make();
        d_tags.clear();
        d_length.reset();
        d_rate.reset();
        d_tags_read = 0;
        d_tagged_to = 0;
        d_ended = d_warned = false;
        d_uncovered = 0;
    }

    std::atomic<std::uint64_t> d_uncovered = 0; // samples without weight that were put out

private:
    //! Tags that no sample is left for, of a length that ends before the samples written, end here.
    void finish(std::int64_t length)
    {
        d_length = length;
        d_inverse.finish(length);
        if (!d_inverse.ready())
            d_tags.clear();
    }

    //! Fast path for untagged frames, each of which gives hop samples. Returns the number of frames
    //! consumed.
    std::size_t
    add_run(const gr_complex* spectra, std::uint64_t item, std::uint64_t end, T* out, int room)
    {
        if constexpr (has_runs<Inverse>::value) {
            seek_tags(item);
            if (d_next_tag != d_ahead.end())
                end = d_next_tag->offset;
            const auto frames = std::min<std::uint64_t>(end - item, room / d_inverse.design().hop);
            const auto taken = d_inverse.add_run(spectra, frames, out);
            d_tags_read = std::max(d_tags_read, item + taken);
            return taken;
        }
        return 0;
    }

    //! d_next_tag is the first one of this item or a later one.
    void seek_tags(std::uint64_t item)
    {
        while (d_next_tag != d_ahead.end() && d_next_tag->offset < item)
            ++d_next_tag;
    }

    /*!
     * Reads the tags of the next frame; false if it starts after a gap, whose zeros have to leave first.
     * They go to the first sample that it adds, which is no earlier one than `given` and those of earlier tags.
     * \param given samples written so far
     */
    bool take_tags(std::uint64_t item, std::uint64_t given)
    {
        if (d_tags_read == item + 1)
            return true;
        d_tags_read = item + 1;
        d_description = {};
        seek_tags(item);
        const auto tags = d_next_tag;
        seek_tags(item + 1);
        d_tagged_to =
            std::max({ d_tagged_to, d_inverse.covered_end(), static_cast<std::int64_t>(given) });
        for (auto tag = tags; tag != d_next_tag; ++tag)
            this->read_tag(d_description, *tag);
        if (d_description.describes_frames())
            follow();
        for (auto tag = tags; tag != d_next_tag; ++tag)
            if (!ends_here(tag->key))
                move_tag(*tag, d_tagged_to);
        d_inverse.expect_next();
        return d_inverse.ready() == 0;
    }

    //! The stream says how its frames are made.
    void follow()
    {
        try {
            const auto p = d_description.applied_to(d_inverse.design());
            d_inverse.change(p, d_description.first.value_or(d_inverse.next_start()));
        } catch (const std::exception& e) {
            this->d_logger->warn("tags of a change ignored: {}", e.what());
        }
    }

    //! Warns of the first samples that window and hop leave uncovered, once in a stream.
    void count_uncovered()
    {
        if constexpr (counts_uncovered<Inverse>::value) {
            d_uncovered = d_inverse.uncovered();
            if (d_warned || d_uncovered == 0 || d_inverse.invertible())
                return;
            d_warned = true;
            this->d_logger->warn("hop {} leaves samples uncovered by the window of {} samples; "
                                 "they come back as zeros",
                                 d_inverse.design().hop,
                                 d_inverse.design().window_length());
        }
    }

    void add(const gr_complex* spectrum)
    {
        if (d_length) // drops frames after the last one
            return;
        d_inverse.add(spectrum);
        const auto longest = std::max(d_inverse.covered_end(), d_inverse.next_start());
        if (d_description.length.value_or(longest) > longest)
            this->d_logger->warn("tag stft_length ignored: {}: must be at most {}, where a frame "
                                 "after its own would start or its own ends",
                                 *d_description.length,
                                 longest);
        else if (d_description.length)
            finish(*d_description.length);
    }

    //! Moves a tag to a sample and converts rx_time and rx_rate accordingly.
    void move_tag(gr::tag_t tag, std::int64_t to)
    {
        if (pmt::eq(tag.key, rx_rate_key)) {
            const auto rate = this->rate_in(tag);
            if (!rate)
                return;
            d_rate = *rate * static_cast<double>(d_inverse.design().hop);
            tag.value = pmt::from_double(*d_rate);
        } else if (pmt::eq(tag.key, rx_time_key) &&
                   (d_rate || d_inverse.design().samp_rate != 1)) { // what stft takes for known
            const double rate = d_rate.value_or(d_inverse.design().samp_rate);
            tag.value =
                shifted_time(tag.value, static_cast<double>(to - d_inverse.next_start()) / rate);
        }
        d_tags.add(to, tag);
    }

    std::function<Inverse()> d_make;
    Inverse d_inverse;
    std::optional<std::int64_t> d_length; // of the stream, once it is known
    std::uint64_t d_tags_read = 0;        // one past the item whose tags were read last
    std::int64_t d_tagged_to = 0;         // sample that the newest tags go to
    bool d_ended = false, d_warned = false;
    stream_description d_description; // of the present frame
    delayed_tags d_tags;
    std::vector<gr::tag_t> d_ahead; // tags of the input items of this call, in order
    std::vector<gr::tag_t>::const_iterator d_next_tag;
    std::optional<double> d_rate; // Hz
};

} // namespace gr::stft
#endif
