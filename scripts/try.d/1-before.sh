# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scene 1 of `make try`: what a kernel gives a program that asks for a socket.

heading '1. Before: a program asks for a TCP socket'
say "Linux $(uname -r); ka_default is not loaded. The program makes a socket,"
say 'sets nothing, and prints what the kernel gave it:'

show '$' checkkeepalive | tee /tmp/before
grep -qx 'SO_KEEPALIVE is OFF' /tmp/before ||
	fail 'a socket has keepalive on although ka_default is not loaded'
