#!/bin/sh
# Sets the parameters of each file in the order of their names. One that this kernel does not have is
# told and left out.
for file in /etc/sysctl.d/*.conf; do
    [ -f "$file" ] || continue
    sysctl -q -p "$file" || echo "sysctl: not all of $file could be set"
done
exit 0
