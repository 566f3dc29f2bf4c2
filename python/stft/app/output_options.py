# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Options of what `gr_stft monitor` hands its results to, and the outputs that they describe."""
import sys

from gnuradio.stft.app.outputs.json_output import JsonOutput
from gnuradio.stft.app.outputs.sigmf_output import SigmfOutput
from gnuradio.stft.app.outputs.status_line import StatusLine
from gnuradio.stft.app.page.page_options import add_page_arguments, check_page, page_of
from gnuradio.stft.app.recording_base import refuse


def add_output_arguments(parser):
    """The group of options is returned: others may add theirs."""
    group = parser.add_argument_group("result")
    group.add_argument("--sigmf", metavar="OUT.sigmf-meta", help="events as annotations, too, saved as they come")
    add_page_arguments(group)
    return group


def check_outputs(arguments):
    """ValueError for what can be refused before a recording or a device is opened."""
    if arguments.sigmf is not None and not arguments.detect:
        refuse("sigmf", arguments.sigmf, "needs --detect")
    if arguments.sigmf is not None and not arguments.sigmf.endswith(".sigmf-meta"):
        refuse("sigmf", arguments.sigmf, "must end in .sigmf-meta")
    check_page(arguments)


def outputs_of(arguments, source):
    """The outputs that the arguments ask for, of a Source; an Output of another kind is one line more."""
    outputs = [JsonOutput()]
    if arguments.sigmf is not None:
        outputs.append(SigmfOutput(arguments.sigmf, source.datatype))
    if arguments.web is not None:
        outputs.append(page_of(arguments))
    if sys.stderr.isatty():
        outputs.append(StatusLine())
    return outputs
