#!/bin/sh
# Sign the zones named by the arguments, each by the policy of its first label; runs where /etc/opendnssec,
# /var/lib/opendnssec and /run are the test's own. The daemons end with their process namespace: told to stop amid
# work, the enforcer (2.1.12) sometimes faults in its own janitor_thread_join and hangs.
set -eu
var=/var/lib/opendnssec
mkdir $var/enforcer $var/signer $var/signconf $var/signed $var/tmp $var/done
# The signer tells of a zone once or more often, in any order.
printf '#!/bin/sh\necho "$1" >%s/done/"$1" &\n' $var >$var/notify
chmod +x $var/notify
for zone; do
    mkfifo "$var/done/$zone"
done
echo y | ods-enforcer-db-setup
ods-enforcer start
ods-signer start
ods-enforcer policy import
for zone; do
    ods-enforcer zone add -z "$zone" -p "${zone%%.*}" -i "$var/unsigned/$zone" -o "$var/signed/$zone"
done
for zone; do
    timeout 50 head -n 1 "$var/done/$zone"
done
ods-enforcer key list -v
