#!/bin/sh
# A C program with the kernel of a formula, with nothing but the program `halogram` and a C compiler: build.sh DIRECTORY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"

halogram build --formula "1 / (1 + sum((x - y)^2) / s^2)" --name my_cauchy --features 4 --ops gram -o .
# -lm: user.c itself calls libm
${CC:-cc} -std=c99 -O2 -I. "$here/user.c" libmy_cauchy.a -pthread -lm -o user
./user
