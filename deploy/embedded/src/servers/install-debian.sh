#!/bin/sh
# Installs the Debian packages named as arguments, without starting or creating anything of theirs.
# Runs as root. The traps it avoids: installing postgresql makes and starts a cluster on 5432,
# installing redis-server starts one on 6379 now and at every boot.
set -eu

export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
policy=/usr/sbin/policy-rc.d
made_policy=no

clean_up() {
    [ "$made_policy" = yes ] && rm -f "$policy"
    return 0
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

installs() {
    case " $packages " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}
packages="$*"

# Somebody's own policy is left as it is.
if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi

if installs postgresql; then
    conf=/etc/postgresql-common/createcluster.conf
    if ! grep -Eqs '^[[:space:]]*create_main_cluster[[:space:]]*=[[:space:]]*false' "$conf"; then
        mkdir -p "${conf%/*}"
        [ -e "$conf" ] && sed -i -E 's/^([[:space:]]*create_main_cluster[[:space:]]*=)/#\1/' "$conf"
        printf 'create_main_cluster = false\n' >> "$conf"
    fi
fi

apt() {
    apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
        -o Dpkg::Options::=--force-confdef "$@"
}

for package in $packages; do
    if ! apt-cache policy "$package" 2>/dev/null | grep -Eq 'Candidate: [^(]'; then
        apt update
        break
    fi
done
# The package lists may be older than the archive: one more look before giving up.
# shellcheck disable=SC2086
apt install --no-install-recommends $packages || {
    apt update
    apt install --no-install-recommends $packages
}

if installs redis-server && command -v systemctl >/dev/null 2>&1; then
    systemctl disable redis-server.service >/dev/null 2>&1 || true
fi
