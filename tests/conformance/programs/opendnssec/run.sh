#!/bin/sh
# Sign the zones named by the arguments, each by the policy of its first label; runs where /etc/opendnssec,
# /var/lib/opendnssec and /run are the test's own.
set -eu
var=/var/lib/opendnssec
mkdir $var/enforcer $var/signer $var/signconf $var/signed $var/tmp
mkfifo $var/done
printf '#!/bin/sh\necho "$1" >%s/done\n' $var >$var/notify
chmod +x $var/notify
echo y | ods-enforcer-db-setup
ods-enforcer start
ods-signer start
ods-enforcer policy import
for zone; do
    ods-enforcer zone add -z "$zone" -p "${zone%%.*}" -i "$var/unsigned/$zone" -o "$var/signed/$zone"
done
exec 3<>$var/done
timeout 90 head -n $# <&3
ods-enforcer key list -v
ods-signer stop
ods-enforcer stop
