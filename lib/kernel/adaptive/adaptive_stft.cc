/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/number_text.h"
#include "kernel/refuse.h"
#include "learner.h"
#include <volk/volk.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

//! Settings whose theta_init is automatic if it lies outside of the bounds, which may follow from the hop.
//! \throws std::invalid_argument as adaptive_settings::filled()
adaptive_settings with_possible_init(adaptive_settings s)
{
    auto without = s;
    without.theta_init = 0;
    const auto bounds = without.filled();
    return s.theta_init >= bounds.theta_min && s.theta_init <= bounds.theta_max ? s : without;
}

} // namespace

template <class T>
struct adaptive_stft<T>::parts {
    std::optional<learner<T>> own;
    std::optional<analytic_learner<real>> analytic; // instead, where it is needed

    explicit parts(const adaptive_settings& s)
    {
        if (is_real_v<T> && learns_chirp(s.learn))
            analytic.emplace(s);
        else
            own.emplace(s);
    }

    //! Calls f with the learner.
    template <class F>
    decltype(auto) with(F f)
    {
        if constexpr (is_real_v<T>)
            if (analytic)
                return f(*analytic);
        return f(*own);
    }
};

template <class T>
adaptive_stft<T>::adaptive_stft(const adaptive_settings& settings)
    : d_parts(std::make_unique<parts>(settings))
{}

template <class T>
adaptive_stft<T>::~adaptive_stft() = default;
template <class T>
adaptive_stft<T>::adaptive_stft(adaptive_stft&&) noexcept = default;
template <class T>
adaptive_stft<T>& adaptive_stft<T>::operator=(adaptive_stft&&) noexcept = default;

template <class T>
const adaptive_settings& adaptive_stft<T>::settings() const
{
    return d_parts->with([](auto& l) -> const adaptive_settings& { return l.settings; });
}

template <class T>
std::size_t adaptive_stft<T>::bins() const
{
    return d_parts->with([](auto& l) { return l.transform.bins(); });
}

template <class T>
std::size_t adaptive_stft<T>::thetas() const
{
    return d_parts->with([](auto& l) { return l.transform.thetas(); });
}

template <class T>
std::int64_t adaptive_stft<T>::latency() const
{
    return d_parts->with([](auto& l) { return l.latency(); });
}

template <class T>
std::size_t adaptive_stft<T>::push(const T* samples, std::size_t count)
{
    return d_parts->with([&](auto& l) -> std::size_t {
        const auto taken = l.append(samples, count);
        if (taken > 0 || count == 0)
            return taken;
        l.decide(); // which drops samples
        return l.decided ? 0 : l.append(samples, count);
    });
}

template <class T>
void adaptive_stft<T>::finish()
{
    d_parts->with([](auto& l) { l.finish(); });
}

template <class T>
bool adaptive_stft<T>::finished() const
{
    return d_parts->with([](auto& l) { return l.finished(); });
}

template <class T>
std::int64_t adaptive_stft<T>::received() const
{
    return d_parts->with([](auto& l) { return l.received(); });
}

template <class T>
std::int64_t adaptive_stft<T>::wanted() const
{
    return d_parts->with([](auto& l) -> std::int64_t {
        if (l.finished() || l.decided)
            return 0;
        const auto room = static_cast<std::int64_t>(l.room());
        return std::clamp<std::int64_t>(l.missing(), 1, std::max<std::int64_t>(1, room));
    });
}

template <class T>
bool adaptive_stft<T>::ready()
{
    return d_parts->with([](auto& l) {
        l.decide();
        return l.decided;
    });
}

template <class T>
bool adaptive_stft<T>::over() const
{
    return d_parts->with([](auto& l) { return l.ended; });
}

template <class T>
std::int64_t adaptive_stft<T>::frame() const
{
    return d_parts->with([](auto& l) { return l.grid.frame(); });
}

template <class T>
position adaptive_stft<T>::centre() const
{
    return d_parts->with([](auto& l) { return l.grid.centre(); });
}

template <class T>
std::int64_t adaptive_stft<T>::end() const
{
    return d_parts->with([](auto& l) { return l.end(); });
}

template <class T>
void adaptive_stft<T>::next(complex* spectrum, float* theta, position& t)
{
    const auto& lengths =
        d_parts->with([&](auto& l) -> const std::vector<float>& { return l.next(spectrum, t); });
    std::copy(lengths.begin(), lengths.end(), theta);
}

template <class T>
void adaptive_stft<T>::next(complex* spectrum, double* theta, position& t)
{
    const auto& lengths =
        d_parts->with([&](auto& l) -> const std::vector<float>& { return l.next(spectrum, t); });
    volk_32f_convert_64f(theta, lengths.data(), static_cast<unsigned>(lengths.size()));
}

template <class T>
float adaptive_stft<T>::chirp() const
{
    return d_parts->with([](auto& l) { return l.emitter.last_rate(); });
}

template <class T>
void adaptive_stft<T>::set_theta(const std::vector<double>& theta)
{
    const auto& s = settings();
    const auto count = thetas();
    if (theta.size() != 1 && theta.size() != count)
        refuse("theta",
               std::to_string(theta.size()) + " values",
               "must be one" + (count > 1 ? " or " + std::to_string(count) : std::string()));
    for (double one : theta)
        if (!(one >= s.theta_min && one <= s.theta_max))
            refuse("theta",
                   one,
                   "must be in theta_min .. theta_max = " + number_text(s.theta_min) + " .. " +
                       number_text(s.theta_max));
    d_parts->with([&](auto& l) {
        l.emitter.set_last(theta);
        if (!l.learns_theta())
            l.rebuild(); // blocks are measured with this theta alone
        l.restart(first_frame::held, history::kept);
    });
}

template <class T>
const adaptive_settings& adaptive_stft<T>::given() const
{
    return d_parts->with([](auto& l) -> const adaptive_settings& { return l.given; });
}

template <class T>
void adaptive_stft<T>::set_bounds(double theta_min, double theta_max)
{
    auto changed = given();
    changed.theta_min = theta_min;
    changed.theta_max = theta_max;
    d_parts->with([&](auto& l) { l.apply(with_possible_init(changed)); });
}

template <class T>
void adaptive_stft<T>::set_hop(double hop)
{
    auto changed = given();
    changed.hop = hop;
    d_parts->with([&](auto& l) { l.apply(with_possible_init(changed)); });
}

template <class T>
void adaptive_stft<T>::set_freeze(bool freeze)
{
    d_parts->with([&](auto& l) {
        if (freeze == l.frozen)
            return;
        l.frozen = freeze;
        l.restart(first_frame::free, history::kept);
    });
}

template <class T>
void adaptive_stft<T>::reset()
{
    d_parts->with([](auto& l) {
        l.emitter.set_last({ l.settings.theta_init });
        if (!l.learns_theta())
            l.rebuild();
        l.restart(first_frame::free, history::cleared);
    });
}

template <class T>
void adaptive_stft<T>::late(bool is_late)
{
    if (settings().load_limit == 0)
        return;
    d_parts->with([&](auto& l) {
        l.load = std::clamp(l.load + (is_late ? 1 : -1), 0, 2);
        l.source.set_load(l.load);
        l.descent->set_load(l.load);
    });
}

template <class T>
std::vector<double> adaptive_stft<T>::theta() const
{
    return d_parts->with([](auto& l) {
        const auto& last = l.emitter.last();
        return std::vector<double>(last.begin(), last.end());
    });
}

template <class T>
adaptive_report adaptive_stft<T>::report()
{
    return d_parts->with([](auto& l) { return l.report(); });
}

template class adaptive_stft<float>;
template class adaptive_stft<double>;
template class adaptive_stft<std::complex<float>>;
template class adaptive_stft<std::complex<double>>;

} // namespace gr::stft::kernel
