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

//! Names of every second suite, from the first or from the second on.
std::vector<std::string> every_second(const CppUnit::Test& all, int first)
{
    std::vector<std::string> names;
    for (int i = first; i < all.getChildTestCount(); i += 2)
        names.push_back(all.getChildTestAt(i)->getName());
    return names;
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
    auto* all = CppUnit::TestFactoryRegistry::getRegistry().makeTest();
    std::vector<std::string> names;
    if (takes("--even", argc, argv))
        names = every_second(*all, 0);
    else if (takes("--odd", argc, argv))
        names = every_second(*all, 1);
    else
        names.assign(argv + 1, argv + argc);
    if (names.empty())
        names.push_back(all->getName());
    CppUnit::TextUi::TestRunner runner;
    runner.addTest(all);
    runner.eventManager().pushProtector(new with_contexts);
    runner.setOutputter(new CppUnit::CompilerOutputter(&runner.result(), std::cerr));
    bool passed = true;
    for (const auto& name : names)
        passed = runner.run(name, false, &name == &names.back()) && passed;
    return passed ? 0 : 1;
}
