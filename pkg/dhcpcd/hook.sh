#!/bin/sh
# dhcpcd calls this on every change. Name servers go to resolv.conf; all else it does itself.
case "$reason" in
BOUND | RENEW | REBIND | REBOOT | INFORM | STATIC | BOUND6 | RENEW6 | REBIND6 | REBOOT6) ;;
*) exit 0 ;;
esac
servers="$new_domain_name_servers $new_dhcp6_name_servers"
[ "$servers" != " " ] || exit 0
{
    echo "# from DHCP on $interface"
    search="${new_domain_search:-$new_domain_name}"
    [ -z "$search" ] || echo "search $search"
    for server in $servers; do
        echo "nameserver $server"
    done
} >/etc/resolv.conf.new && mv /etc/resolv.conf.new /etc/resolv.conf
