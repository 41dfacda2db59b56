echo "$WORD" > /shared/word
echo "the store holds $WORD"
sleep 1
touch /shared/ready
exec sleep infinity
