/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "context.h"
#include "kernel/simd/dispatch.h"
#include <cppunit/Exception.h>
#include <cppunit/Protector.h>
#include <cppunit/TestResult.h>
#include <cppunit/CompilerOutputter.h>
#include <cppunit/extensions/TestFactoryRegistry.h>
#include <cppunit/ui/text/TestRunner.h>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

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

//! Says that all is skipped, in unittest's words, as .ci/count_tests.py reads them.
int skipped(const std::string& reason)
{
    std::cerr << "test-stft ... skipped " << reason << "\nRan 1 test in 0 s\n\nOK (skipped=1)\n";
    return 0;
}

//! Takes this option off if it is argument 1, and tells so.
bool takes(const char* option, int& argc, char**& argv)
{
    if (argc < 2 || argv[1] != std::string(option))
        return false;
    --argc;
    ++argv;
    return true;
}

//! All suites, or every second one, so that two processes share the work.
std::vector<CppUnit::Test*> suites(bool even, bool odd)
{
    auto* all = CppUnit::TestFactoryRegistry::getRegistry().makeTest();
    if (even == odd)
        return { all };
    std::vector<CppUnit::Test*> some;
    for (int i = even ? 0 : 1; i < all->getChildTestCount(); i += 2)
        some.push_back(all->getChildTestAt(i));
    return some;
}

} // namespace

/*! Runs the suites named as arguments, or all; with --even or --odd every second one; with --unless-highest none at the level that
 * a process has without GR_STFT_SIMD. */
int main(int argc, char** argv)
{
    namespace simd = gr::stft::kernel::simd;
    try {
        if (takes("--unless-highest", argc, argv) && simd::chosen_level() == simd::highest_level())
            return skipped(simd::name_of(simd::chosen_level()) +
                           std::string(" is what qa_cpp runs at"));
        simd::chosen_level();
    } catch (
        const std::invalid_argument& error) { // GR_STFT_SIMD asks for what this processor lacks
        return skipped(error.what());
    }
    const bool even = takes("--even", argc, argv), odd = takes("--odd", argc, argv);
    CppUnit::TextUi::TestRunner runner;
    for (auto* suite : suites(even, odd))
        runner.addTest(suite);
    runner.eventManager().pushProtector(new with_contexts);
    runner.setOutputter(new CppUnit::CompilerOutputter(&runner.result(), std::cerr));
    bool passed = true;
    for (int i = 1; i < argc; ++i)
        passed = runner.run(argv[i], false, i + 1 == argc) && passed;
    if (argc < 2)
        passed = runner.run();
    return passed ? 0 : 1;
}
