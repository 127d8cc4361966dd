// Socket operations of SimBackend.
//
// An operation that can go on gets an event; one that cannot waits at its socket until the other
// side does something.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim_backend.h"
#include "sluice/base/check.h"

namespace sluice::io {

SimSocketRef SimNetwork::listen(std::uint16_t port) {
    auto socket = std::make_shared<SimSocket>();
    socket->listening = true;
    socket->port = port == 0 ? next_port() : port;
    listeners_.emplace(socket->port, socket);
    return socket;
}

void SimNetwork::stop_listening(const SimSocketRef& listener) {
    for (auto at = listeners_.begin(); at != listeners_.end(); ++at) {
        if (at->second != listener) continue;
        listeners_.erase(at);
        return;
    }
}

SimSocketRef SimNetwork::pick_listener(std::uint16_t port, Random& random) {
    const std::size_t count = listeners_.count(port);
    if (count == 0) return nullptr;
    auto at = listeners_.find(port);
    std::advance(at, random.below(count));
    return at->second;
}

Result<int> SimBackend::listen(const std::string&, std::uint16_t port) {
    SimWorld::Descriptor descriptor;
    descriptor.kind = SimWorld::Descriptor::Kind::kSocket;
    descriptor.socket = world_.network_.listen(port);
    return world_.add_descriptor(std::move(descriptor));
}

Result<std::uint16_t> SimBackend::local_port(int fd) {
    return world_.descriptor(fd).socket->port;
}

std::string SimBackend::peer_address(int fd) {
    return "127.0.0.1:" + std::to_string(world_.descriptor(fd).socket->peer_port);
}

Result<int> SimBackend::open_socket(const std::string&, std::uint16_t port,
                                    std::vector<std::byte>& resolved) {
    SimWorld::Descriptor descriptor;
    descriptor.kind = SimWorld::Descriptor::Kind::kSocket;
    descriptor.socket = std::make_shared<SimSocket>();
    descriptor.socket->port = world_.network_.next_port();
    resolved.resize(sizeof port);
    std::memcpy(resolved.data(), &port, sizeof port);
    return world_.add_descriptor(std::move(descriptor));
}

SimSocket::Waiting& SimBackend::waiting_place(Operation& operation, SimSocket& socket) {
    switch (operation.kind) {
        case OperationKind::kAccept:
            return socket.accept;
        case OperationKind::kSend:
            return socket.send;
        default:
            return socket.receive;
    }
}

void SimBackend::submit_socket(Operation& operation) {
    SimSocket& socket = *world_.descriptor(operation.fd).socket;
    if (operation.kind == OperationKind::kConnect || operation.kind == OperationKind::kShutdown) {
        schedule(operation, world_.network_latency_ns());
        return;
    }
    SimSocket::Waiting& waiting = waiting_place(operation, socket);
    SLUICE_CHECK(waiting.operation == nullptr);
    waiting = {&operation, this, false};
    operation.backend_word = 0;  // bytes of a receive that wants all
    const bool can_go_on = operation.kind == OperationKind::kSend
                               ? true
                               : !socket.backlog.empty() || socket.available() > 0 ||
                                     socket.end_of_stream || socket.reset;
    if (can_go_on) wake_waiting(waiting);
}

void SimBackend::wake_waiting(SimSocket::Waiting& waiting) {
    if (waiting.operation == nullptr || waiting.scheduled) return;
    waiting.scheduled = true;
    waiting.backend->schedule(*waiting.operation, waiting.backend->world_.network_latency_ns());
}

void SimBackend::perform_socket(const Event& event) {
    Operation& operation = *event.operation;
    const SimSocketRef keep = world_.descriptor(operation.fd).socket;
    SimSocket& socket = *keep;
    if (operation.kind == OperationKind::kConnect) return perform_connect(operation);
    if (operation.kind == OperationKind::kShutdown) {
        socket.sending_shut = true;
        if (const SimSocketRef peer = socket.peer.lock()) {
            peer->end_of_stream = true;
            wake_waiting(peer->receive);
        }
        if (!(operation.flags & Operation::kSendingOnly)) {
            socket.end_of_stream = true;
            wake_waiting(socket.receive);
            wake_waiting(socket.send);
        }
        return finish(operation, 0);
    }
    SimSocket::Waiting& waiting = waiting_place(operation, socket);
    if (event.cancelled) {
        waiting = {};
        return finish(operation, operation.backend_word > 0
                                     ? static_cast<std::int64_t>(operation.backend_word)
                                     : -ECANCELED);
    }
    const double reset = world_.options_.faults.connection_reset;
    if (!socket.listening && reset > 0 && world_.random_.chance(reset)) reset_connection(socket);
    waiting.scheduled = false;
    switch (operation.kind) {
        case OperationKind::kAccept:
            return perform_accept(operation, socket);
        case OperationKind::kReceive:
            return perform_receive(operation, socket);
        case OperationKind::kReceiveInto:
            return perform_receive_into(operation, socket);
        case OperationKind::kSend:
            return perform_send(operation, socket);
        default:
            SLUICE_CHECK(false);
    }
}

void SimBackend::perform_accept(Operation& operation, SimSocket& socket) {
    const double error = world_.options_.faults.accept_error;
    if (error > 0 && world_.random_.chance(error)) {
        metrics_.accept_failures.add();
        socket.accept = {};
        return finish(operation, -EMFILE);
    }
    if (socket.backlog.empty()) {
        if (!operation.cancel_requested) return;
        socket.accept = {};
        return finish(operation, -ECANCELED);
    }
    SimWorld::Descriptor descriptor;
    descriptor.kind = SimWorld::Descriptor::Kind::kSocket;
    descriptor.socket = socket.backlog.front();
    socket.backlog.pop_front();
    const int fd = world_.add_descriptor(std::move(descriptor));
    // A cancelled accept has its last completion still to come.
    if (!socket.backlog.empty() || operation.cancel_requested) wake_waiting(socket.accept);
    finish(operation, Completion{fd, {}, 0, true});
}

void SimBackend::perform_connect(Operation& operation) {
    std::uint16_t port;
    std::memcpy(&port, operation.data, sizeof port);
    const SimSocketRef near = world_.descriptor(operation.fd).socket;
    const SimSocketRef listener = world_.network_.pick_listener(port, world_.random_);
    if (listener == nullptr) return finish(operation, -ECONNREFUSED);
    auto far = std::make_shared<SimSocket>();
    far->port = port;
    far->peer_port = near->port;
    far->peer = near;
    near->peer_port = port;
    near->peer = far;
    listener->backlog.push_back(std::move(far));
    wake_waiting(listener->accept);
    finish(operation, 0);
}

// How many bytes the next read finds.
std::size_t SimBackend::split(std::size_t available, std::size_t wanted) {
    const std::size_t most = std::min(available, wanted);
    if (!world_.options_.split_reads || most <= 1 || world_.random_.below(2) == 0) return most;
    // Tiny pieces are where parsers break.
    if (world_.random_.below(4) == 0)
        return 1 + world_.random_.below(std::min<std::size_t>(most, 4));
    return 1 + world_.random_.below(most);
}

void SimBackend::after_consuming(SimSocket& socket) {
    if (const SimSocketRef peer = socket.peer.lock()) wake_waiting(peer->send);
}

void SimBackend::perform_receive(Operation& operation, SimSocket& socket) {
    SimSocket::Waiting& waiting = socket.receive;
    const auto end = [&](std::int64_t result) {
        waiting = {};
        finish(operation, result);
    };
    if (socket.reset) return end(-ECONNRESET);
    if (socket.available() == 0) {
        if (socket.end_of_stream) return end(0);
        if (operation.cancel_requested) return end(-ECANCELED);
        return;
    }
    const SimOptions& options = world_.options_;
    if (free_buffers_.empty() && buffers_.size() < options.receive_buffer_count) {
        buffers_.push_back(std::make_unique<std::byte[]>(options.receive_buffer_bytes));
        free_buffers_.push_back(static_cast<std::uint16_t>(buffers_.size() - 1));
    }
    const double none = options.faults.no_receive_buffer;
    if (free_buffers_.empty() || (none > 0 && world_.random_.chance(none))) {
        metrics_.buffers_exhausted.add();
        return end(-ENOBUFS);
    }
    Completion completion;
    completion.buffer_id = free_buffers_.back();
    free_buffers_.pop_back();
    const std::size_t count = split(socket.available(), options.receive_buffer_bytes);
    std::byte* buffer = buffers_[completion.buffer_id].get();
    std::memcpy(buffer, socket.inbound.data() + socket.inbound_begin, count);
    socket.consume(count);
    completion.result = static_cast<std::int64_t>(count);
    completion.bytes = {buffer, count};
    // A multishot receive may end at any time, as in the kernel.
    completion.more = (operation.flags & Operation::kRepeat) && !operation.cancel_requested &&
                      world_.random_.below(16) != 0;
    if (!completion.more) {
        waiting = {};
    } else if (socket.available() > 0 || socket.end_of_stream) {
        wake_waiting(waiting);
    }
    after_consuming(socket);
    finish(operation, completion);
}

void SimBackend::perform_receive_into(Operation& operation, SimSocket& socket) {
    std::uint64_t& filled = operation.backend_word;
    const auto end = [&](std::int64_t result) {
        socket.receive = {};
        finish(operation, result);
    };
    if (socket.reset) return end(-ECONNRESET);
    const std::size_t count = split(socket.available(), operation.length - filled);
    if (count > 0) {
        std::memcpy(const_cast<std::byte*>(operation.data) + filled,
                    socket.inbound.data() + socket.inbound_begin, count);
        socket.consume(count);
        filled += count;
        after_consuming(socket);
    }
    const bool all = (operation.flags & Operation::kAll) != 0;
    const bool at_end = socket.available() == 0 && socket.end_of_stream;
    const bool early = all && filled > 0 && world_.random_.below(32) == 0;
    if (filled == operation.length || at_end || early || (!all && filled > 0)) {
        return end(static_cast<std::int64_t>(filled));
    }
    if (operation.cancel_requested) {
        return end(filled > 0 ? static_cast<std::int64_t>(filled) : -ECANCELED);
    }
    if (socket.available() > 0) wake_waiting(socket.receive);
}

void SimBackend::perform_send(Operation& operation, SimSocket& socket) {
    const auto end = [&](std::int64_t result) {
        socket.send = {};
        finish(operation, result);
    };
    const SimSocketRef peer = socket.peer.lock();
    if (socket.reset) return end(-ECONNRESET);
    if (peer == nullptr || socket.sending_shut) return end(-EPIPE);
    const std::size_t window = world_.options_.socket_window_bytes;
    const std::size_t room = window > peer->available() ? window - peer->available() : 0;
    const std::size_t total = operation.length + operation.length2;
    if (room == 0 && total > 0) return operation.cancel_requested ? end(-ECANCELED) : void();
    const std::size_t count = split(room, total);
    const std::size_t first = std::min(count, operation.length);
    peer->append({operation.data, first});
    if (count > first) peer->append({operation.data2, count - first});
    if (count > 0) wake_waiting(peer->receive);
    end(static_cast<std::int64_t>(count));
}

void SimBackend::reset_connection(SimSocket& socket) {
    socket.reset = true;
    socket.consume(socket.available());
    wake_waiting(socket.receive);
    wake_waiting(socket.send);
    if (const SimSocketRef peer = socket.peer.lock()) {
        peer->reset = true;
        peer->consume(peer->available());
        wake_waiting(peer->receive);
        wake_waiting(peer->send);
    }
}

void SimBackend::close_socket(const SimSocketRef& socket) {
    SLUICE_CHECK(socket->receive.operation == nullptr && socket->send.operation == nullptr &&
                 socket->accept.operation == nullptr);
    if (socket->listening) {
        world_.network_.stop_listening(socket);
        for (const SimSocketRef& waiting : socket->backlog) reset_connection(*waiting);
        return;
    }
    const SimSocketRef peer = socket->peer.lock();
    if (peer == nullptr) return;
    // As TCP: closing with bytes unread resets the connection.
    if (socket->available() > 0) return reset_connection(*socket);
    peer->end_of_stream = true;
    wake_waiting(peer->receive);
    wake_waiting(peer->send);
}

}  // namespace sluice::io
