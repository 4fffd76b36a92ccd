#!/bin/sh
# Keeps a getty on each console of the kernel.
/bin/busybox --install -s /bin 2>/dev/null

if [ -f /hostroot/etc/getty.shadow ]; then
    cp /hostroot/etc/getty.shadow /etc/shadow
    chmod 600 /etc/shadow
elif [ "$INSECURE" != true ]; then
    # No password at all would let anybody in; this lets nobody in.
    echo 'root:*:19000:0:::::' >/etc/shadow
    chmod 600 /etc/shadow
fi
hostname=$(cat /proc/sys/kernel/hostname)
[ -f /etc/hostname ] || echo "$hostname" >/etc/hostname 2>/dev/null

keep_getty() {
    while true; do
        if [ "$INSECURE" = true ]; then
            setsid getty -n -l /usr/bin/loginsh 0 "$1" linux
        else
            setsid getty 0 "$1" linux
        fi
        sleep 1
    done
}

for console in $(cat /sys/class/tty/console/active 2>/dev/null || echo console); do
    # tty0 stands for the screen's present terminal; a shell belongs on a real one.
    [ "$console" = tty0 ] && console=tty1
    [ -c "/dev/$console" ] && keep_getty "$console" &
done
wait
