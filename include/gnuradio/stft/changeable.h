/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_CHANGEABLE_H
#define INCLUDED_STFT_CHANGEABLE_H

#include <gnuradio/block.h>
#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/fields.h>

namespace gr::stft {

/*!
 * \brief A block some of whose settings may change while it runs.
 *
 * The fields of its settings (kernel::fields) say which.
 */
template <class Settings>
class STFT_API changeable : virtual public gr::block
{
public:
    using settings = Settings; //!< argument of make()

    //! Requests a change. \throws std::invalid_argument as make(); the running stream then goes on unchanged
    virtual void request(const kernel::change<Settings>& requested) = 0;

    //! The settings last asked for, which may still wait for their frame. Automatic values are filled in.
    virtual Settings wanted() const = 0;
};

} // namespace gr::stft
#endif
