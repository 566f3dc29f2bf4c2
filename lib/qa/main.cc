/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "context.h"
#include <gnuradio/stft/kernel/frames/window_family.h>
#include <cppunit/Exception.h>
#include <cppunit/Protector.h>
#include <cppunit/TestResult.h>
#include <cppunit/CompilerOutputter.h>
#include <cppunit/extensions/TestFactoryRegistry.h>
#include <cppunit/ui/text/TestRunner.h>
#include <iostream>
#include <stdexcept>

namespace {

//! Adds to the message of a failure in which rounds of its loops it happened.
class with_contexts : public CppUnit::Protector
{
    bool protect(const CppUnit::Functor& test, const CppUnit::ProtectorContext& about) override
    {
        auto& contexts = qa::contexts_of_failure();
        contexts.clear();
        try {
            return test();
        } catch (CppUnit::Exception& failure) {
            failure.setMessage(with(failure.message()));
            throw;
        } catch (const std::exception& error) {
            reportError(about, CppUnit::Exception(with({ "uncaught exception", error.what() })));
            return false;
        }
    }

    static CppUnit::Message with(CppUnit::Message message)
    {
        for (const auto& one : qa::contexts_of_failure())
            message.addDetail(one);
        return message;
    }
};

} // namespace

//! Runs the suites named as arguments, or all.
int main(int argc, char** argv)
{
    try {
        gr::stft::kernel::window_family();
    } catch (const std::invalid_argument& error) {
        // GR_STFT_SIMD asks for what this processor lacks; unittest's words, as .ci/count_tests.py reads them
        std::cerr << "test-stft ... skipped " << error.what()
                  << "\nRan 1 test in 0 s\n\nOK (skipped=1)\n";
        return 0;
    }
    CppUnit::TextUi::TestRunner runner;
    runner.addTest(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
    runner.eventManager().pushProtector(new with_contexts);
    runner.setOutputter(new CppUnit::CompilerOutputter(&runner.result(), std::cerr));
    bool passed = true;
    for (int i = 1; i < argc; ++i)
        passed = runner.run(argv[i], false, i + 1 == argc) && passed;
    if (argc < 2)
        passed = runner.run();
    return passed ? 0 : 1;
}
