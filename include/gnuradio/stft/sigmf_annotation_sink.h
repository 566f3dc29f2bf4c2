/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_SIGMF_ANNOTATION_SINK_H
#define INCLUDED_STFT_SIGMF_ANNOTATION_SINK_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/records/sigmf_annotations.h>

namespace gr::stft {

/*!
 * \brief Messages of detector_vxm as the annotations of a SigMF file; kernel::sigmf_annotations says which.
 *
 * Message port "events": dicts. The file is written at make(), whenever flush_every annotations (or half of those there are)
 * have come, and when the flowgraph stops. After rotate_every annotations and captures another file begins, NAME-0002.sigmf-meta.
 * Each run begins a file of its own, in place of the one before unless it is to `keep` what is there. A message that is no event,
 * and a file that cannot be written later on, are logged, and the flowgraph goes on.
 */
class STFT_API sigmf_annotation_sink : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<sigmf_annotation_sink>; //!< type that make() returns

    /*!
     * \param s path at least
     * \throws std::invalid_argument naming the parameter, its value and the rule
     * \throws std::runtime_error if the file cannot be written
     */
    static sptr make(const kernel::sigmf_settings& s);

    //! Annotations so far.
    virtual std::uint64_t count() const = 0;
    //! Events that were left out, since there are too many, or their sample rate is another one.
    virtual std::uint64_t left_out() const = 0;
};

} // namespace gr::stft
#endif
