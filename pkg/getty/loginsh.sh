#!/bin/sh
cd /root
export HOME=/root USER=root SHELL=/bin/sh
exec /bin/sh -l
