# SPDX-License-Identifier: GPL-2.0
# People's targets. What the kernel's build system reads is Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build
# Kernels to test; without it what scripts/matrix.sh has.
KERNEL ?=
# Headers may ask for pahole and not bring it; nothing here needs what it adds.
NO_BTF = $(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)

help:
	@echo 'make module    build module/ka_default.ko for KDIR=$(KDIR)'
	@echo 'make try       see it work on a booted kernel (KERNEL=6.12: on that one)'
	@echo 'make check     run every test on each kernel of the matrix (KERNEL=6.12 TEST="a b": some)'
	@echo 'make check-quick   two kernels, one hook each'
	@echo 'make check-all     the same with each hook, at full length, and what takes longest'
	@echo 'make check-debug   each hook on kernels that find faults: KASAN, lockdep, leaks, fault injection'
	@echo 'make check-e2e     PostgreSQL, Redis, nginx, OpenSSH, ... on a whole Debian (SCENE="a b": some)'
	@echo 'make demo-postgres, demo-nat, demo-ssh   three of those, to be watched'
	@echo 'make matrix    print what the last run of each kernel said, as a table'
	@echo 'make bench     what it costs, beside what could be used instead: tables, plots and a CSV in bench/results'
	@echo 'make bench-quick   the goals on one kernel; fails where a figure grew'
	@echo 'make style     checkpatch, shellcheck, codespell'
	@echo 'make static    sparse, gcc and clang with all warnings'
	@echo 'make debug-kernel  build a kernel that finds faults, as make check-debug does by itself'
	@echo 'make tools     build build/tools/kactl; make (un)install-tools puts it into DESTDIR'
	@echo 'make install   the module through dkms, kactl, loaded now and at each boot; make uninstall undoes it'
	@echo 'make deb       build the Debian packages, in build/deb; make rpm those for RPM, in build/rpm'
	@echo 'make deploy-check  show what is in Documentation/deploy to yamllint and Ansible'
	@echo 'make coverage  which lines of the module the kselftests reach, and why not the others'
	@echo 'make release-check  is the version the same wherever it is written?'
	@echo 'make picture   draw Documentation/kactl.svg, what kactl shows in a VM'
	@echo 'make picture-nat  draw Documentation/nat.svg, what tcpdump heard in the scene nat'
	@echo 'make clean     remove what was built'

module:
	@[ -e '$(KDIR)/Makefile' ] || { echo 'no kernel headers in $(KDIR): install them (Debian: linux-headers-$(shell uname -r)) or set KDIR=' >&2; exit 1; }
	$(MAKE) -C '$(KDIR)' M='$(CURDIR)' $(NO_BTF) modules

try:
	@$(if $(filter command% environment%,$(origin KERNEL)),KERNEL='$(KERNEL)') scripts/try

check:
	@exec env TEST='$(TEST)' scripts/check $(KERNEL)

check-quick:
	@exec env TEST='$(TEST)' scripts/check -q $(KERNEL)

check-all:
	@exec env TEST='$(TEST)' scripts/check -a $(KERNEL)

check-debug:
	@exec env TEST='$(TEST)' scripts/check -d $(KERNEL)

check-e2e:
	@exec selftests/e2e/run $(if $(KERNEL),-k '$(KERNEL)') $(SCENE)

demo-postgres demo-nat demo-ssh:
	@exec selftests/e2e/demo $(if $(KERNEL),-k '$(KERNEL)') $(@:demo-%=%)

matrix:
	@exec scripts/table $(KERNEL)

bench:
	@exec bench/run $(KERNEL)

bench-quick:
	@exec bench/run -q $(KERNEL)

style:
	@exec scripts/style

static:
	@exec scripts/static $(KERNEL)

picture:
	@selftests/vm/picture '$(or $(lastword $(KERNEL)),6.12)' Documentation/kactl.svg

picture-nat:
	@scripts/need sequence
	@selftests/e2e/run $(if $(KERNEL),-k '$(lastword $(KERNEL))') nat
	@scripts/sequence <"$$(ls -t build/log/e2e-*-nat.log | head -n 1)" >build/nat.svg
	@mv build/nat.svg Documentation/nat.svg

coverage:
	@exec env TEST='$(TEST)' scripts/coverage

debug-kernel:
	@scripts/debug-kernel debug
	@scripts/debug-kernel kcsan

tools:
	@scripts/need tools
	@$(MAKE) -s -C tools O='$(CURDIR)/build/tools'

install-tools: tools
	@$(MAKE) -s -C tools O='$(CURDIR)/build/tools' install

uninstall-tools:
	@$(MAKE) -s -C tools O='$(CURDIR)/build/tools' uninstall

install:
	@scripts/install

uninstall:
	@KEEP_CONF='$(KEEP_CONF)' scripts/install --remove

deb rpm:
	@scripts/package $@

release-check:
	@scripts/release-check

deploy-check:
	@scripts/deploy-check

clean:
	@rm -rf build .tmp_versions
	@find Kbuild module \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name '*.o.d' -o -name 'modules.order' \) -type f -delete
	@rm -f Module.symvers modules.order .module-common.o .*.cmd

.PHONY: help module try check check-quick check-all check-debug matrix bench bench-quick style static coverage
.PHONY: debug-kernel tools install-tools uninstall-tools install uninstall deb rpm deploy-check release-check
.PHONY: picture picture-nat check-e2e demo-postgres demo-nat demo-ssh clean
