#!/usr/bin/env bash
# Start-up of the Postfix of the suites: takes settings and users from the environment, then becomes
# the server. ../README.md lists what is honoured.
set -euo pipefail

realm=dbprobe.test # smtpd_sasl_local_domain in main.cf

configure() {
    local -a settings=() pairs=()
    local variable pair

    # Without a certificate nothing listens on 465.
    if [[ -n ${TLS_CERTIFICATE:-} ]]; then
        settings+=("smtpd_tls_cert_file=$TLS_CERTIFICATE" "smtpd_tls_key_file=${TLS_KEY:?TLS_KEY names the key}")
        settings+=(smtpd_tls_security_level=may)
        sed -i 's/^#tls //' /etc/postfix/master.cf
    fi

    IFS=, read -r -a pairs <<< "${SMTPD_SASL_USERS:-}"
    for pair in "${pairs[@]}"; do
        printf '%s' "${pair#*:}" | saslpasswd2 -p -c -u "$realm" "${pair%%:*}"
    done
    if [[ ${#pairs[@]} -gt 0 ]]; then
        chown postfix /etc/sasldb2
        settings+=(smtpd_sasl_auth_enable=yes)
    fi

    # Last, so that they can overrule what is above.
    for variable in $(compgen -e POSTFIX_ || true); do
        settings+=("${variable#POSTFIX_}=${!variable}")
    done
    if [[ ${#settings[@]} -gt 0 ]]; then
        postconf -e "${settings[@]}"
    fi
    # A file that changed within the last second makes every program of Postfix wait and read it again.
    touch --date '1 minute ago' /etc/postfix/main.cf /etc/postfix/master.cf
    # The integrity check was made when the image was built; see Dockerfile.
    touch /var/spool/postfix/quick-start
}

if [[ $1 == postfix ]]; then
    configure
fi
exec "$@"
