// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace coracle::guest {

/// A netlink message being put together: header, fixed structure, attributes.
class NetlinkMessage {
public:
    NetlinkMessage(uint16_t type, uint16_t flags);

    template <class Structure>
    NetlinkMessage& structure(const Structure& value) {
        return raw(std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
    }
    NetlinkMessage& attribute(uint16_t type, std::string_view value);
    NetlinkMessage& attribute(uint16_t type, uint32_t value);
    NetlinkMessage& text(uint16_t type, const std::string& value); ///< with its final NUL
    /// Attributes added until close() lie in this one.
    size_t open(uint16_t type);
    void close(size_t nest);
    /// The message with its length filled in.
    const std::string& bytes();

private:
    NetlinkMessage& raw(std::string_view value);
    std::string bytes_;
};

/// A netlink socket (netlink(7)).
class NetlinkSocket {
public:
    /// `groups` is a mask of multicast groups. Throws Error("cannot open a netlink socket: ...").
    explicit NetlinkSocket(int protocol, uint32_t groups = 0);

    int fd() const { return fd_.get(); }
    void join(uint32_t group);
    /// Sends and waits for the answer: its payload after the netlink header ("" for a bare
    /// acknowledgement). Throws Error::system(errno of the kernel, `what`).
    std::string request(NetlinkMessage& message, std::string_view what);
    /// The next datagram, or nullopt when none is waiting. `lost` is set when the kernel dropped
    /// some.
    std::optional<std::string> receive(bool& lost);

private:
    Fd fd_;
};

/// The value of the first attribute of a type in a run of attributes.
std::optional<std::string_view> find_attribute(std::string_view attributes, uint16_t type);

} // namespace coracle::guest
