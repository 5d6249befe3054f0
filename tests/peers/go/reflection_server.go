// A server that has nothing but reflection over a descriptor set: grpc-go's own (v1 and v1alpha), or
// connect's (v1 alone). Usage: reflection_server grpc|connect SET. Prints its port, serves until killed.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"connectrpc.com/grpcreflect"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
	"google.golang.org/grpc"
	"google.golang.org/grpc/reflection"
	v1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	v1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type services map[string]grpc.ServiceInfo

func (s services) GetServiceInfo() map[string]grpc.ServiceInfo { return s }

func main() {
	bytes, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(bytes, set); err != nil {
		log.Fatal(err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		log.Fatal(err)
	}
	served := services{}
	var names []string
	types := &protoregistry.Types{}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := 0; i < file.Services().Len(); i++ {
			name := string(file.Services().Get(i).FullName())
			served[name] = grpc.ServiceInfo{Metadata: file.Path()}
			names = append(names, name)
		}
		for i := 0; i < file.Extensions().Len(); i++ {
			extension := dynamicpb.NewExtensionType(file.Extensions().Get(i))
			if err := types.RegisterExtension(extension); err != nil {
				log.Fatal(err)
			}
		}
		return true
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if os.Args[1] == "grpc" {
		server := grpc.NewServer()
		options := reflection.ServerOptions{Services: served, DescriptorResolver: files, ExtensionResolver: types}
		v1.RegisterServerReflectionServer(server, reflection.NewServerV1(options))
		v1alpha.RegisterServerReflectionServer(server, reflection.NewServer(options))
		log.Fatal(server.Serve(listener))
	}
	reflector := grpcreflect.NewReflector(
		grpcreflect.NamerFunc(func() []string { return names }),
		grpcreflect.WithDescriptorResolver(files),
		grpcreflect.WithExtensionResolver(types),
	)
	mux := http.NewServeMux()
	mux.Handle(grpcreflect.NewHandlerV1(reflector))
	log.Fatal(http.Serve(listener, h2c.NewHandler(mux, &http2.Server{})))
}
