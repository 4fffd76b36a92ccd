// SPDX-License-Identifier: Apache-2.0
#include "common/netlink.h"

#include <cerrno>
#include <cstring>

#include <linux/netlink.h>
#include <sys/socket.h>

#include "base/error.h"

namespace coracle::guest {

namespace {

constexpr size_t align(size_t size) { return (size + 3) & ~size_t{3}; }

template <class Structure>
Structure structure_at(std::string_view bytes) {
    Structure value{};
    std::memcpy(&value, bytes.data(), std::min(sizeof value, bytes.size()));
    return value;
}

} // namespace

NetlinkMessage::NetlinkMessage(uint16_t type, uint16_t flags) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<uint16_t>(flags | NLM_F_REQUEST | NLM_F_ACK);
    header.nlmsg_seq = 1;
    structure(header);
}

NetlinkMessage& NetlinkMessage::raw(std::string_view value) {
    bytes_ += value;
    bytes_.resize(align(bytes_.size()));
    return *this;
}

NetlinkMessage& NetlinkMessage::attribute(uint16_t type, std::string_view value) {
    nlattr header{};
    header.nla_len = static_cast<uint16_t>(sizeof header + value.size());
    header.nla_type = type;
    structure(header);
    return raw(value);
}

NetlinkMessage& NetlinkMessage::attribute(uint16_t type, uint32_t value) {
    return attribute(type, std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

NetlinkMessage& NetlinkMessage::text(uint16_t type, const std::string& value) {
    return attribute(type, std::string_view(value.c_str(), value.size() + 1));
}

size_t NetlinkMessage::open(uint16_t type) {
    size_t start = bytes_.size();
    attribute(type, std::string_view());
    return start;
}

void NetlinkMessage::close(size_t nest) {
    auto length = static_cast<uint16_t>(bytes_.size() - nest);
    std::memcpy(bytes_.data() + nest, &length, sizeof length);
}

const std::string& NetlinkMessage::bytes() {
    auto length = static_cast<uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &length, sizeof length);
    return bytes_;
}

NetlinkSocket::NetlinkSocket(int protocol, uint32_t groups)
    : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (!fd_ || ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw Error::system(errno, "open a netlink socket");
    int room = 1 << 20;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
}

void NetlinkSocket::join(uint32_t group) {
    if (::setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
        throw Error::system(errno, "join a netlink group");
}

std::string NetlinkSocket::request(NetlinkMessage& message, std::string_view what) {
    const std::string& bytes = message.bytes();
    if (::send(fd_.get(), bytes.data(), bytes.size(), 0) < 0)
        throw Error::system(errno, what);
    std::string answer;
    char buffer[16384];
    while (true) {
        ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            throw Error::system(errno, what);
        std::string_view rest(buffer, static_cast<size_t>(count));
        while (rest.size() >= sizeof(nlmsghdr)) {
            auto header = structure_at<nlmsghdr>(rest);
            if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size())
                break;
            auto payload = rest.substr(sizeof header, header.nlmsg_len - sizeof header);
            if (header.nlmsg_type == NLMSG_ERROR) {
                int error = structure_at<int>(payload);
                if (error != 0)
                    throw Error::system(-error, what);
                return answer;
            }
            answer = payload;
            rest.remove_prefix(std::min(align(header.nlmsg_len), rest.size()));
        }
    }
}

std::optional<std::string> NetlinkSocket::receive(bool& lost) {
    char buffer[16384];
    while (true) {
        ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (count >= 0)
            return std::string(buffer, static_cast<size_t>(count));
        if (errno == ENOBUFS)
            lost = true;
        else if (errno != EINTR)
            return std::nullopt;
    }
}

std::optional<std::string_view> find_attribute(std::string_view attributes, uint16_t type) {
    while (attributes.size() >= sizeof(nlattr)) {
        auto header = structure_at<nlattr>(attributes);
        if (header.nla_len < sizeof header || header.nla_len > attributes.size())
            return std::nullopt;
        if ((header.nla_type & NLA_TYPE_MASK) == type)
            return attributes.substr(sizeof header, header.nla_len - sizeof header);
        attributes.remove_prefix(std::min(align(header.nla_len), attributes.size()));
    }
    return std::nullopt;
}

} // namespace coracle::guest
